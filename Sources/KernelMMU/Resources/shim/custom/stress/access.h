// SPDX-License-Identifier: MIT OR GPL-2.0-only
// READ_ONCE(), WRITE_ONCE(), xchg() and cmpxchg(): each passes a schedule point and then makes one access. Accesses to
// page-table entries are told to the host afterwards, with the values that were there.
#pragma once

// Glue asserts that these are the kernel's.
#define STRESS_PRESENT_BIT (1ULL << 11)
#define STRESS_EMPTY_ENTRY (1ULL << 63)
#define STRESS_FROZEN_ENTRY (STRESS_EMPTY_ENTRY | 0x1a0ULL)
#define STRESS_WRITABLE_BIT (1ULL << 1)
#define STRESS_DIRTY_BIT (1ULL << 9)

// In glue/access.c.
u64 stress_read64(const volatile void *address);
void stress_write64(volatile void *address, u64 value);
u64 stress_xchg64(volatile void *address, u64 value);
bool stress_try_cmpxchg64(volatile void *address, u64 *old, u64 value);
u64 stress_fetch_and64(volatile void *address, u64 mask);

// What the compiler makes a call of has no hook.
#if STRESS_IS_KERNEL && !STRESS_HAS_HOOKS
void stress_check(const volatile void *address, u64 bytes, bool is_write);
#define memset(to, value, bytes) \
  ({ \
    void *memset_to = (to); \
    size_t memset_bytes = (bytes); \
    stress_check(memset_to, memset_bytes, true); \
    __builtin_memset(memset_to, value, memset_bytes); \
  })
#define memcpy(to, from, bytes) \
  ({ \
    void *memcpy_to = (to); \
    const void *memcpy_from = (from); \
    size_t memcpy_bytes = (bytes); \
    stress_check(memcpy_from, memcpy_bytes, false); \
    stress_check(memcpy_to, memcpy_bytes, true); \
    __builtin_memcpy(memcpy_to, memcpy_from, memcpy_bytes); \
  })
#endif

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
