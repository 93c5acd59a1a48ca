// SPDX-License-Identifier: MIT OR GPL-2.0-only
// READ_ONCE(), WRITE_ONCE(), xchg() and cmpxchg(): each passes a schedule point and then makes one access. Accesses to
// page-table entries are told to the host afterwards, with the values that were there.
#pragma once

void stress_accessed(u32 access, const volatile void *entry, u64 old, u64 value);

// Glue asserts that these are the kernel's.
#define STRESS_PRESENT_BIT (1ULL << 11)
#define STRESS_EMPTY_ENTRY (1ULL << 63)
#define STRESS_FROZEN_ENTRY (STRESS_EMPTY_ENTRY | 0x1a0ULL)
#define STRESS_WRITABLE_BIT (1ULL << 1)
#define STRESS_DIRTY_BIT (1ULL << 9)

// A store over `old` loses a bit that others set without a lock, and that the task's last read has not met.
static __always_inline bool stress_is_blind(const struct stress_task *task, const volatile void *entry, u64 old) {
  u64 seen = task->seen_value;
  return unlikely(old & ~seen & (STRESS_WRITABLE_BIT | STRESS_DIRTY_BIT)) && task->seen_entry == entry &&
         old & seen & STRESS_PRESENT_BIT;
}

static __always_inline u64 stress_read64(const volatile void *address) {
  struct stress_task *task = stress_current();
  stress_pass(task, STRESS_POINT_LOAD, address);
  u64 value = __atomic_load_n((const volatile u64 *)address, __ATOMIC_ACQUIRE);
  task->seen_entry = address;
  task->seen_value = value;
  if (unlikely(!(value & STRESS_PRESENT_BIT) && value != STRESS_EMPTY_ENTRY) && stress_is_entry(task, address))
    stress_accessed(STRESS_ACCESS_READ, address, value, value);
  return value;
}

static __always_inline void stress_write64(volatile void *address, u64 value) {
  struct stress_task *task = stress_current();
  stress_pass(task, STRESS_POINT_STORE, address);
  if (stress_is_entry(task, address)) {
    // The load is the checkers', not the protocol's: what a plain store overwrites is what the store cannot tell.
    u64 old = __atomic_load_n((volatile u64 *)address, __ATOMIC_RELAXED);
    __atomic_store_n((volatile u64 *)address, value, __ATOMIC_RELEASE);
    u32 access = stress_is_blind(task, address, old) ? STRESS_ACCESS_STORE_BLIND : STRESS_ACCESS_STORE;
    stress_accessed(access, address, old, value);
  } else {
    __atomic_store_n((volatile u64 *)address, value, __ATOMIC_RELEASE);
  }
}

static __always_inline u64 stress_xchg64(volatile void *address, u64 value) {
  struct stress_task *task = stress_current();
  stress_pass(task, STRESS_POINT_RMW, address);
  u64 old = __atomic_exchange_n((volatile u64 *)address, value, __ATOMIC_SEQ_CST);
  if (stress_is_entry(task, address)) stress_accessed(STRESS_ACCESS_XCHG, address, old, value);
  return old;
}

static __always_inline bool stress_try_cmpxchg64(volatile void *address, u64 *old, u64 value) {
  struct stress_task *task = stress_current();
  stress_pass(task, STRESS_POINT_RMW, address);
  u64 expected = *old, seen = expected;
  bool done = __atomic_compare_exchange_n(
      (volatile u64 *)address, &seen, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  if (unlikely(!done)) {
    *old = seen;
    task->seen_entry = address;
    task->seen_value = seen;
    stress_reached(stress_current(), STRESS_POINT_LOST, address);
  }
  if (stress_is_entry(task, address)) {
    if (likely(done))
      stress_accessed(STRESS_ACCESS_CMPXCHG, address, expected, value);
    else
      stress_accessed(STRESS_ACCESS_CMPXCHG_LOST, address, expected, seen);
  }
  return done;
}

static __always_inline u64 stress_fetch_and64(volatile void *address, u64 mask) {
  struct stress_task *task = stress_current();
  stress_pass(task, STRESS_POINT_RMW, address);
  u64 old = __atomic_fetch_and((volatile u64 *)address, mask, __ATOMIC_SEQ_CST);
  if (stress_is_entry(task, address)) stress_accessed(STRESS_ACCESS_FETCH_AND, address, old, old & mask);
  return old;
}

#define READ_ONCE(x) \
  ({ \
    union { __typeof__(x) as_is; u64 word; u32 half; u16 quarter; u8 byte; } read_once; \
    if (sizeof(x) == 8) { \
      read_once.word = stress_read64(&(x)); \
    } else { \
      stress_pass(stress_current(), STRESS_POINT_LOAD | (u32)sizeof(x) << 8, &(x)); \
      if (sizeof(x) == 4) read_once.half = *(const volatile u32 *)&(x); \
      else if (sizeof(x) == 2) read_once.quarter = *(const volatile u16 *)&(x); \
      else read_once.byte = *(const volatile u8 *)&(x); \
    } \
    read_once.as_is; \
  })

#define WRITE_ONCE(x, value) \
  do { \
    union { __typeof__(x) as_is; u64 word; u32 half; u16 quarter; u8 byte; } write_once = {.word = 0}; \
    write_once.as_is = (value); \
    if (sizeof(x) == 8) { \
      stress_write64(&(x), write_once.word); \
    } else { \
      stress_pass(stress_current(), STRESS_POINT_STORE | (u32)sizeof(x) << 8, &(x)); \
      if (sizeof(x) == 4) *(volatile u32 *)&(x) = write_once.half; \
      else if (sizeof(x) == 2) *(volatile u16 *)&(x) = write_once.quarter; \
      else *(volatile u8 *)&(x) = write_once.byte; \
    } \
  } while (0)

#define STRESS_SMALL_XCHG(pointer, value) \
  ({ \
    stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*(pointer)) << 8, pointer); \
    __atomic_exchange_n(pointer, value, __ATOMIC_SEQ_CST); \
  })
#define STRESS_SMALL_CMPXCHG(pointer, old, value) \
  ({ \
    stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*(pointer)) << 8, pointer); \
    __atomic_compare_exchange_n(pointer, old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  })
#define xchg(pointer, value) \
  __builtin_choose_expr(sizeof(*(pointer)) == 8, (__typeof__(*(pointer)))stress_xchg64((pointer), (u64)(value)), \
                        STRESS_SMALL_XCHG(pointer, value))
#define try_cmpxchg(pointer, old, value) \
  __builtin_choose_expr(sizeof(*(pointer)) == 8, stress_try_cmpxchg64((pointer), (u64 *)(old), (u64)(value)), \
                        STRESS_SMALL_CMPXCHG(pointer, old, value))
#define cmpxchg(pointer, old, value) \
  ({ __typeof__(*(pointer)) cmpxchg_seen = (old); (void)try_cmpxchg(pointer, &cmpxchg_seen, value); cmpxchg_seen; })
#define xchg_release(pointer, value) xchg(pointer, value)
#define cmpxchg_release(pointer, old, value) cmpxchg(pointer, old, value)
#define try_cmpxchg64(pointer, old, value) stress_try_cmpxchg64((pointer), (u64 *)(old), (value))
#define cmpxchg64(pointer, old, value) \
  ({ u64 cmpxchg_old = (old); stress_try_cmpxchg64((pointer), &cmpxchg_old, (value)); cmpxchg_old; })

#define smp_load_acquire(pointer) READ_ONCE(*(pointer))
#define smp_store_release(pointer, value) WRITE_ONCE(*(pointer), value)
#define smp_mb() do { stress_pass(stress_current(), STRESS_POINT_FENCE, NULL); __sync_synchronize(); } while (0)
// x86 orders loads among themselves and stores among themselves.
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define cpu_relax() stress_reached(stress_current(), STRESS_POINT_RELAX, NULL)
#define smp_mb__after_unlock_lock() barrier()
#define smp_acquire__after_ctrl_dep() barrier()
#define smp_store_mb(variable, value) do { WRITE_ONCE(variable, value); smp_mb(); } while (0)
#define smp_cond_load_acquire(pointer, condition) \
  ({ __typeof__(*(pointer)) VAL; while (!(VAL = READ_ONCE(*(pointer)), condition)) cpu_relax(); VAL; })
#define smp_cond_load_relaxed(pointer, condition) smp_cond_load_acquire(pointer, condition)
#define mb() smp_mb()
#define rmb() smp_rmb()
#define wmb() smp_wmb()
#define dma_rmb() smp_rmb()
#define dma_wmb() smp_wmb()
