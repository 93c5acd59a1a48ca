// Atomic primitives without a schedule point: for the machine's own locks, counters and flags, never for SPTEs.
//
// Ordering is the kernel's: a read-modify-write that returns a value is a full barrier on both sides. libatomic_ops'
// `_full` forms are that on x86-64; on arm64 they compile to acquire-release, so a fence stands on either side there.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The sanitizer understands compiler builtins and is blind to libatomic_ops' inline assembly.
#define CATOMICS_BUILTINS 1
#endif
#endif

#include <atomic_ops.h>

#if defined(__aarch64__)
#define CATOMICS_FULL_FENCE() AO_nop_full()
#else
#define CATOMICS_FULL_FENCE() ((void)0)
#endif

// AO_t is as wide as a pointer: these are the 64-bit operations on every machine the tool supports.
_Static_assert(sizeof(AO_t) == sizeof(uint64_t), "a 64-bit machine is needed");

static inline uint64_t raw_load64(const uint64_t *address) {
#if CATOMICS_BUILTINS
  return __atomic_load_n(address, __ATOMIC_ACQUIRE);
#else
  return AO_load_acquire((const volatile AO_t *)address);
#endif
}

static inline void raw_store64(uint64_t *address, uint64_t value) {
#if CATOMICS_BUILTINS
  __atomic_store_n(address, value, __ATOMIC_RELEASE);
#else
  AO_store_release((volatile AO_t *)address, value);
#endif
}

static inline uint64_t raw_cmpxchg64(uint64_t *address, uint64_t expected, uint64_t value) {
#if CATOMICS_BUILTINS
  __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
#else
  CATOMICS_FULL_FENCE();
  uint64_t seen = AO_fetch_compare_and_swap_full((volatile AO_t *)address, expected, value);
  CATOMICS_FULL_FENCE();
  return seen;
#endif
}

// libatomic_ops has no exchange and no and/or that return the old value; the builtins are one `xchg`, and what the
// kernel's atomic64_fetch_and() is too, a cmpxchg loop.
static inline uint64_t raw_xchg64(uint64_t *address, uint64_t value) {
  CATOMICS_FULL_FENCE();
  uint64_t old = __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);
  CATOMICS_FULL_FENCE();
  return old;
}

static inline uint64_t raw_fetch_and64(uint64_t *address, uint64_t mask) {
  CATOMICS_FULL_FENCE();
  uint64_t old = __atomic_fetch_and(address, mask, __ATOMIC_SEQ_CST);
  CATOMICS_FULL_FENCE();
  return old;
}

static inline uint64_t raw_fetch_or64(uint64_t *address, uint64_t mask) {
  CATOMICS_FULL_FENCE();
  uint64_t old = __atomic_fetch_or(address, mask, __ATOMIC_SEQ_CST);
  CATOMICS_FULL_FENCE();
  return old;
}

static inline uint64_t raw_fetch_add64(uint64_t *address, uint64_t value) {
#if CATOMICS_BUILTINS
  return __atomic_fetch_add(address, value, __ATOMIC_SEQ_CST);
#else
  CATOMICS_FULL_FENCE();
  uint64_t old = AO_fetch_and_add_full((volatile AO_t *)address, value);
  CATOMICS_FULL_FENCE();
  return old;
#endif
}

static inline void raw_fence(void) {
#if CATOMICS_BUILTINS
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#else
  AO_nop_full();
#endif
}

// 32-bit forms, for words that a thread can park on.

static inline uint32_t raw_load32(const uint32_t *address) {
#if CATOMICS_BUILTINS
  return __atomic_load_n(address, __ATOMIC_ACQUIRE);
#else
  return AO_int_load_acquire((const volatile unsigned *)address);
#endif
}

static inline void raw_store32(uint32_t *address, uint32_t value) {
#if CATOMICS_BUILTINS
  __atomic_store_n(address, value, __ATOMIC_RELEASE);
#else
  AO_int_store_release((volatile unsigned *)address, value);
#endif
}

static inline uint32_t raw_cmpxchg32(uint32_t *address, uint32_t expected, uint32_t value) {
#if CATOMICS_BUILTINS
  __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
#else
  CATOMICS_FULL_FENCE();
  uint32_t seen = AO_int_fetch_compare_and_swap_full((volatile unsigned *)address, expected, value);
  CATOMICS_FULL_FENCE();
  return seen;
#endif
}

static inline uint32_t raw_xchg32(uint32_t *address, uint32_t value) {
  CATOMICS_FULL_FENCE();
  uint32_t old = __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);
  CATOMICS_FULL_FENCE();
  return old;
}

static inline uint32_t raw_fetch_add32(uint32_t *address, uint32_t value) {
#if CATOMICS_BUILTINS
  return __atomic_fetch_add(address, value, __ATOMIC_SEQ_CST);
#else
  CATOMICS_FULL_FENCE();
  uint32_t old = AO_int_fetch_and_add_full((volatile unsigned *)address, value);
  CATOMICS_FULL_FENCE();
  return old;
#endif
}

static inline void raw_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}
