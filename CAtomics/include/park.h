// Sleeping on a 32-bit word, and the cycle counter: what the thread backend needs of the operating system.
#pragma once

#include <stdint.h>

// Sleeps while `*address == expected`, at most `nanoseconds`. May return early; the caller looks again.
void park_wait(uint32_t *address, uint32_t expected, uint64_t nanoseconds);
// Wakes up to `count` threads that sleep on `address`.
void park_wake(uint32_t *address, uint32_t count);

// A counter that grows at a constant rate on all processors; orders events of different threads to within its skew.
static inline uint64_t cycle_counter(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t value;
  __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#endif
}
