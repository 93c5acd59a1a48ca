// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the compiler calls before each access when a kernel is built with plain accesses, by -fsanitize=thread: accesses
// that no READ_ONCE() or lock announces are schedule points too. Without that option nothing here is called.
//
// This file itself is never instrumented.
#include "glue.h"
#include "sane.h"

// Stacks, constants and the host's own memory are nobody else's business. Nor are reads of what is set once: nobody
// writes it while they run, or nearly nobody.
static __always_inline bool is_shared(const struct stress_task *task, u64 at, u32 kind) {
  if (unlikely(at - stress_variables.start < stress_variables.bytes))
    return kind != STRESS_POINT_PLAIN_LOAD ||
           at - stress_variables.read_mostly >= stress_variables.read_mostly_bytes;
  return at - task->objects < task->objects_bytes || at - task->shared < task->shared_bytes ||
         at - task->arena < task->arena_bytes ||
         at - (u64)task->pages < task->arena_bytes / PAGE_SIZE * sizeof(struct page);
}

static __always_inline void pass(struct stress_task *task, u32 kind, const volatile void *address, s64 weight,
                                 const void *caller) {
  task->point->countdown -= weight;
  if (likely(task->point->countdown > 0)) return;
  if (unlikely(task->races_meant)) kind |= STRESS_POINT_EXEMPT;
  task->caller = caller;
  task->point->reached(task->point, kind, address);
  stress_set_current(task);
}

// What is larger than its size can be told is told as that.
enum { BYTES_MAX = 0xffffff };

static __always_inline void plain(const volatile void *address, u32 kind, u64 bytes, const void *caller) {
  struct stress_task *task = stress_current();
  if (unlikely(!task) || !is_shared(task, (u64)address, kind & STRESS_POINT_KIND_MASK)) return;
  pass(task, kind | (u32)min(bytes, (u64)BYTES_MAX) << 8, address, 1, caller);
}

// Before the access itself, behind the point that it may have passed.
static __always_inline void look(const volatile void *address, u64 bytes, bool is_write, const void *caller) {
  struct stress_task *task = stress_current();
  if (likely(task)) stress_look(task, (u64)address, min(bytes, (u64)PAGE_SIZE), is_write, caller);
}

#define HERE __builtin_return_address(0)
#define LOAD(bytes) \
  do { \
    plain(address, STRESS_POINT_PLAIN_LOAD, bytes, HERE); \
    look(address, bytes, false, HERE); \
  } while (0)
#define STORE(bytes) \
  do { \
    plain(address, STRESS_POINT_PLAIN_STORE, bytes, HERE); \
    look(address, bytes, true, HERE); \
  } while (0)
#define HOOKS(bytes) \
  void __tsan_read##bytes(void *address) { LOAD(bytes); } \
  void __tsan_write##bytes(void *address) { STORE(bytes); } \
  void __tsan_unaligned_read##bytes(void *address) { LOAD(bytes); } \
  void __tsan_unaligned_write##bytes(void *address) { STORE(bytes); } \
  void __tsan_read_write##bytes(void *address) { STORE(bytes); } \
  void __tsan_unaligned_read_write##bytes(void *address) { STORE(bytes); } \
  void __tsan_volatile_read##bytes(void *address) { look(address, bytes, false, HERE); } \
  void __tsan_volatile_write##bytes(void *address) { look(address, bytes, true, HERE); } \
  void __tsan_unaligned_volatile_read##bytes(void *address) { look(address, bytes, false, HERE); } \
  void __tsan_unaligned_volatile_write##bytes(void *address) { look(address, bytes, true, HERE); }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_read_range(void *address, u64 bytes) { LOAD(bytes); }
void __tsan_write_range(void *address, u64 bytes) { STORE(bytes); }
void __tsan_init(void) {}
void __tsan_func_entry(void *caller) {}
void __tsan_func_exit(void) {}

// Atomic accesses have passed their schedule point already: these only look, and make them.
#define ATOMIC(bits, type) \
  type __tsan_atomic##bits##_load(const volatile type *at, int order) { \
    look(at, bits / 8, false, HERE); \
    return __atomic_load_n(at, __ATOMIC_SEQ_CST); \
  } \
  void __tsan_atomic##bits##_store(volatile type *at, type value, int order) { \
    look(at, bits / 8, true, HERE); \
    __atomic_store_n(at, value, __ATOMIC_RELEASE); \
  } \
  type __tsan_atomic##bits##_exchange(volatile type *at, type value, int order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); \
  } \
  type __tsan_atomic##bits##_fetch_add(volatile type *at, type value, int order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); \
  } \
  type __tsan_atomic##bits##_fetch_sub(volatile type *at, type value, int order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST); \
  } \
  type __tsan_atomic##bits##_fetch_and(volatile type *at, type value, int order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST); \
  } \
  type __tsan_atomic##bits##_fetch_or(volatile type *at, type value, int order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST); \
  } \
  int __tsan_atomic##bits##_compare_exchange_strong( \
      volatile type *at, type *expected, type value, int order, int failed_order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  } \
  int __tsan_atomic##bits##_compare_exchange_weak( \
      volatile type *at, type *expected, type value, int order, int failed_order) { \
    look(at, bits / 8, true, HERE); \
    return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  } \
  type __tsan_atomic##bits##_compare_exchange_val( \
      volatile type *at, type expected, type value, int order, int failed_order) { \
    look(at, bits / 8, true, HERE); \
    __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    return expected; \
  }

ATOMIC(8, u8)
ATOMIC(16, u16)
ATOMIC(32, u32)
ATOMIC(64, u64)

void __tsan_atomic_thread_fence(int order) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int order) { barrier(); }

// Larger copies, which the compiler may turn into calls.
void *__tsan_memset(void *address, int value, size_t bytes) {
  if (bytes) STORE(bytes);
  return memset(address, value, bytes);
}
void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
  if (bytes) plain(from, STRESS_POINT_PLAIN_LOAD, bytes, HERE);
  if (bytes) look(from, bytes, false, HERE);
  if (bytes) plain(to, STRESS_POINT_PLAIN_STORE, bytes, HERE);
  if (bytes) look(to, bytes, true, HERE);
  return memcpy(to, from, bytes);
}

// What the shim does of its own in files that have hooks.

void stress_begin_meant_races(void) { stress_current()->races_meant++; }
void stress_end_meant_races(void) { stress_current()->races_meant--; }
void stress_assert_exclusive(const volatile void *address, u32 kind) {
  plain(address, kind, kind >> 8, HERE);
}
