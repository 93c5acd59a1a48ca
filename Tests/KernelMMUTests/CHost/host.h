// The host's own structures.
#pragma once

#include "CKernelHost.h"

#include <pthread.h>

enum { OBJECT_BYTES = STRESS_OBJECT_BYTES, PAGE_BYTES = 4096, EVENTS = 1 << 16, TASKS = 64, LEAVES = 64 };

struct host_task {
  // First: the kernel counts down here.
  struct stress_point point;
  struct khost *host;
  struct stress_task *kernel;
  uint32_t id;
  uint64_t points;
  uint64_t rcu_epoch;
  struct stress_rcu_head *deferred;
  struct stress_rcu_head **deferred_tail;
  uint32_t deferred_count;
  uint32_t asked;
  // The last schedule point.
  const volatile void *announced;
  uint32_t announced_kind;
} __attribute__((aligned(64)));

struct pool {
  uint32_t *ring;
  uint64_t head, tail, unused, capacity;
  uint64_t live;
};

struct khost {
  const struct stress_kernel *kernel;
  struct stress_host table;
  struct khost_options options;
  struct stress_world *world;
  uint8_t *world_memory, *task_memory;
  size_t world_bytes, task_stride;

  uint8_t *arena, *objects;
  uint64_t *page_private;
  // 0 free, 1 the kernel's, 2 linked.
  uint8_t *page_state, *object_state;
  pthread_mutex_t lock;
  struct pool pages, object_pool;
  struct host_task *tasks;
  uint64_t epoch;

  // The TDX module: a word a gfn (state and pfn), and S-EPT pages counted.
  uint64_t *sept;
  uint64_t sept_tables;
  uint8_t *sept_linked[6];
  uint32_t busy[LEAVES];

  uint32_t violations, unannounced, misplaced;
  struct stress_violation first;
  char first_text[256];
  uint32_t ask_every;
  struct khost_event *events;
  uint32_t event_count;
  uint8_t *open_page;
  struct fibers *fibers;
  uint64_t hash;
};

// Lets another task run: on threads by the system's scheduler, on fibers by ours.
void khost_pause(struct host_task *task);
// A schedule point of a fiber.
void khost_fiber_point(struct host_task *task);
void khost_operate(
    struct host_task *task, uint64_t *seed, const volatile bool *stop, uint64_t *retries, uint64_t pages);

uint64_t khost_seamcall(void *task, uint64_t leaf, struct stress_registers *registers, const void *where);
void khost_run_deferred(struct host_task *task);
void khost_log(struct khost *host, struct khost_event event);
void khost_guard_begin(struct khost *host);
void khost_guard_end(struct khost *host);
void khost_guard_point(struct host_task *task, const volatile void *address);
void khost_guard_close(struct khost *host);
void khost_guard_linked(struct khost *host, uint64_t entry, uint32_t level);

static inline bool in_arena(const struct khost *host, const volatile void *address) {
  return (uint64_t)address - (uint64_t)host->arena < host->options.arena_pages * PAGE_BYTES;
}
