// The accesses that the subject makes to shared memory, named as the kernel names them: a schedule point, then exactly
// one machine instruction's worth of memory access, inlined into the Swift caller.
#pragma once

#include "raw.h"
#include "schedule_point.h"

// READ_ONCE() of a 64-bit word.
static inline uint64_t read_once64(struct schedule_point *point, const uint64_t *address) {
  schedule_point_pass(point, SCHEDULE_LOAD, address);
  return raw_load64(address);
}

// WRITE_ONCE() of a 64-bit word.
static inline void write_once64(struct schedule_point *point, uint64_t *address, uint64_t value) {
  schedule_point_pass(point, SCHEDULE_STORE, address);
  raw_store64(address, value);
}

// try_cmpxchg64(): on failure `*old` is refreshed to the value that was there.
static inline bool try_cmpxchg64(
    struct schedule_point *point, uint64_t *address, uint64_t *old, uint64_t value) {
  schedule_point_pass(point, SCHEDULE_RMW, address);
  uint64_t expected = *old;
  uint64_t seen = raw_cmpxchg64(address, expected, value);
  if (__builtin_expect(seen != expected, 0)) {
    *old = seen;
    point->reached(point, SCHEDULE_LOST, address);
    return false;
  }
  return true;
}

static inline uint64_t xchg64(struct schedule_point *point, uint64_t *address, uint64_t value) {
  schedule_point_pass(point, SCHEDULE_RMW, address);
  return raw_xchg64(address, value);
}

static inline uint64_t fetch_and64(struct schedule_point *point, uint64_t *address, uint64_t mask) {
  schedule_point_pass(point, SCHEDULE_RMW, address);
  return raw_fetch_and64(address, mask);
}

static inline uint64_t fetch_or64(struct schedule_point *point, uint64_t *address, uint64_t mask) {
  schedule_point_pass(point, SCHEDULE_RMW, address);
  return raw_fetch_or64(address, mask);
}

static inline uint64_t fetch_add64(struct schedule_point *point, uint64_t *address, uint64_t value) {
  schedule_point_pass(point, SCHEDULE_RMW, address);
  return raw_fetch_add64(address, value);
}

static inline void smp_mb(struct schedule_point *point) {
  schedule_point_pass(point, SCHEDULE_FENCE, 0);
  raw_fence();
}

// cpu_relax(): always hands control to the backend, which learns that this task waits for another one's write.
static inline void cpu_relax(struct schedule_point *point, const volatile void *address) {
  point->reached(point, SCHEDULE_RELAX, address);
  raw_pause();
}
