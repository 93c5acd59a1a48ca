// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What blocks, allocates, or tells the time for kernel code: always the host's, or the world's.
#include "glue.h"

// Sleeping.

void stress_might_sleep(const char *what, const char *file, u32 line, const char *function) {
  struct stress_task *task = stress_current();
  if (unlikely(task->rcu_depth))
    stress_violation(STRESS_VIOLATION_RCU, file, line, function, "%s inside a read section", what);
  for (u32 index = 0; index < task->held_count; index++)
    if (unlikely(!stress_sleeps(task->held[index].lock)))
      stress_violation(STRESS_VIOLATION_LOCK, file, line, function, "%s under a spinning lock", what);
}

// Pages and objects.

static void free_memory(const void *memory, const void *caller) {
  struct stress_task *task = stress_current();
  if (!memory || memory == ZERO_SIZE_PTR) return;
  if ((u64)memory - task->arena < task->arena_bytes) {
    STRESS_TELL(task, page_free, (void *)memory, caller);
  } else {
    const char *list = stress_list_of(task, memory);
    if (unlikely(list)) {
      struct stress_finding finding = {
          .kind = STRESS_FINDING_LISTED, .address = (u64)memory, .text = list, .where = caller,
      };
      STRESS_TELL(task, finding, &finding);
    }
    STRESS_TELL(task, object_free, (void *)memory, caller);
  }
}

static void check_may_sleep(gfp_t flags) {
  if (flags & GFP_KERNEL) stress_might_sleep("memory is allocated with GFP_KERNEL", __FILE__, __LINE__, __func__);
}

unsigned long __get_free_page(gfp_t flags) {
  struct stress_task *task = stress_current();
  check_may_sleep(flags);
  unsigned long address = (unsigned long)STRESS_ASK(task, page_alloc, STRESS_PAGE_TABLE);
  if (address && (flags & __GFP_ZERO)) memset((void *)address, 0, PAGE_SIZE);
  return address;
}

unsigned long get_zeroed_page(gfp_t flags) { return __get_free_page(flags | __GFP_ZERO); }

unsigned long stress_pages(gfp_t flags, unsigned order) {
  if (order) stress_bug(__FILE__, __LINE__, __func__, "more than one page at once is not to be had here");
  return __get_free_page(flags);
}

noinline void free_page(unsigned long address) {
  if (address) STRESS_TELL(stress_current(), page_free, (void *)address, __builtin_return_address(0));
}

void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags) { return kzalloc(cache->bytes, flags); }
noinline void kmem_cache_free(struct kmem_cache *cache, void *object) {
  free_memory(object, __builtin_return_address(0));
}

void *stress_allocate(size_t bytes, gfp_t flags) {
  struct stress_task *task = stress_current();
  check_may_sleep(flags);
  if (bytes > PAGE_SIZE) stress_bug(__FILE__, __LINE__, __func__, "more than a page at once is not to be had here");
  if (bytes > STRESS_OBJECT_BYTES) return (void *)__get_free_page(flags & ~GFP_KERNEL);
  u64 *object = STRESS_ASK(task, object_alloc, bytes);
  if (object && !(flags & __GFP_ZERO))
    for (u64 index = 0; index < bytes / sizeof(*object); index++) object[index] = STRESS_UNWRITTEN;
  return object;
}

noinline void stress_free(const void *memory) { free_memory(memory, __builtin_return_address(0)); }

// A cache outlives the schedules, so it is no object of the host's.
struct kmem_cache *kmem_cache_create(const char *name, size_t bytes, size_t align, u32 flags, void (*make)(void *)) {
  static struct kmem_cache caches[16];
  static u32 count;
  u32 index = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
  if (index >= ARRAY_SIZE(caches) || make)
    stress_bug(__FILE__, __LINE__, __func__, "a cache that is not to be had here");
  caches[index].bytes = bytes;
  return &caches[index];
}
void kmem_cache_destroy(struct kmem_cache *cache) {}

// Time.

u64 stress_ticks(void) { return __atomic_add_fetch(&stress_current()->world->ticks, 1, __ATOMIC_RELAXED); }
