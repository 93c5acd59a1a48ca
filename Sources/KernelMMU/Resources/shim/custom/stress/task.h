// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The running task, and the schedule point. Replaces `current`: a task is a fiber or a thread of the host.
#pragma once

// The compiler calls a hook of glue/plain.c before each access that this file compiles to, and accesses are points.
// Otherwise it is a hook of glue/sane.c, which only looks where the access goes.
#if defined(__SANITIZE_THREAD__)
#define STRESS_HAS_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STRESS_HAS_HOOKS 1
#endif
#endif

// Locks that one task can hold at once; the kernel code here nests three.
enum { STRESS_HELD_MAX = 8 };

struct page {
  u64 private;
};

struct stress_held {
  struct stress_lock *lock;
  u32 mode;
};

struct stress_task {
  struct stress_point *point;
  void *host_task;
  const struct stress_host *host;
  struct stress_world *world;
  // Copies of the world's, to have them in the line that every access touches.
  u64 arena;
  u64 arena_bytes;
  // Of each page and object, what the host says of it; NULL where it says nothing. See struct stress_world_config.
  const u8 *page_states, *page_kinds;
  const u16 *object_sizes;
  const u32 *object_count;
  u32 object_stride;
  const bool *quiet;
  u64 first_pfn;
  struct page *pages;
  // Shared memory that is neither the arena nor its words: objects, and the world.
  u64 objects, objects_bytes;
  u64 shared, shared_bytes;
  // The entry that the task has read last, and what it held.
  const volatile void *seen_entry;
  u64 seen_value;
  // A walk has yielded, and the host wants to hear what it accesses next.
  bool watches_walk;
  u32 rcu_depth;
  u32 held_count;
  struct stress_held held[STRESS_HELD_MAX];
  // What nx_huge_pages_recovery_ratio is for this task's kvm_recover_nx_huge_pages().
  u32 recovery_ratio;
  struct stress_fault *fault;
  // The exit of its vCPU that is being handled.
  struct vcpu_tdx *exit;
  // How often the task has flushed TLBs.
  u64 flushes;
  // A harness's 2M leaf is being mapped, see glue/plant.c.
  bool is_planting;
  // An MMU notifier whose caller cannot wait: it holds what others need to go on.
  bool must_not_block;
  // Depth of data_race(): what is accessed inside is not held to RACE-1.
  u32 races_meant;
  // Where the last schedule point, lock call or SEAMCALL stands.
  const void *caller;
};

// Variables of the object's files, and of them those that are set once and then only read; and all of the object.
struct stress_variables {
  u64 start, bytes;
  u64 image, image_bytes;
  u64 read_mostly, read_mostly_bytes;
};
extern struct stress_variables stress_variables __attribute__((visibility("hidden")));

// Set on entry from the host, and again after each call to it: the host may have run other tasks on this thread.
// Initial-exec, because the object is loaded with dlopen() and no __tls_get_addr() should stand in each access.
extern __thread struct stress_task *stress_current_task
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

static __always_inline struct stress_task *stress_current(void) { return stress_current_task; }
static __always_inline void stress_set_current(struct stress_task *task) { stress_current_task = task; }

// What the shim reads of a task where its code stands inside of the kernel's: the compiler looks at no access that
// assembler makes, and this one is nobody's business.
static __always_inline u32 stress_own_word(const u32 *word) {
#if defined(__x86_64__)
  u32 value;
  __asm__("movl %1, %0" : "=r"(value) : "m"(*word));
  return value;
#else
  return *word;
#endif
}

// Calls a function of the host that returns nothing.
#define STRESS_TELL(task, function, arguments...) \
  do { \
    struct stress_task *stress_told = (task); \
    stress_told->host->function(stress_told->host_task, ##arguments); \
    stress_set_current(stress_told); \
  } while (0)

// Calls a function of the host and has its result.
#define STRESS_ASK(task, function, arguments...) \
  ({ \
    struct stress_task *stress_asked = (task); \
    typeof(stress_asked->host->function(NULL, ##arguments)) stress_answer = \
        stress_asked->host->function(stress_asked->host_task, ##arguments); \
    stress_set_current(stress_asked); \
    stress_answer; \
  })

// The schedule point, out of line in glue/access.c: the shim's own accesses are none of the kernel's.
void stress_pass_point(u32 kind, const volatile void *address);
#define stress_pass(task, kind, address) stress_pass_point(kind, address)
// The same, whatever the countdown says.
void stress_reached(struct stress_task *task, u32 kind, const volatile void *address);

static __always_inline s64 stress_weight(u32 kind) {
  switch (kind & STRESS_POINT_KIND_MASK) {
  case STRESS_POINT_STORE:
  case STRESS_POINT_RMW:
    return 8;
  case STRESS_POINT_LOCK:
  case STRESS_POINT_UNLOCK:
  case STRESS_POINT_LOCK_SHARED:
  case STRESS_POINT_UNLOCK_SHARED:
    return 4;
  default:
    return 1;
  }
}
