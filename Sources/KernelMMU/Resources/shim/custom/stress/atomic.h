// SPDX-License-Identifier: MIT OR GPL-2.0-only
// atomic_t, atomic64_t and refcount_t. Those that return a value are schedule points; those that return none commute,
// and nothing in the MMU decides by what they count. With plain accesses to the same counters about, all are.
#pragma once

#if STRESS_HAS_HOOKS
#define STRESS_PASS_COUNTER(kind, counter_) \
  stress_pass(stress_current(), (kind) | (u32)sizeof(counter_) << 8, &(counter_))
#else
#define STRESS_PASS_COUNTER(kind, counter_) do {} while (0)
#endif

static inline int atomic_read(const atomic_t *v) { return READ_ONCE(v->counter); }
static inline void atomic_set(atomic_t *v, int value) { WRITE_ONCE(v->counter, value); }
static inline void stress_add(atomic_t *v, int value) {
  STRESS_PASS_COUNTER(STRESS_POINT_RMW, v->counter);
  __atomic_fetch_add(&v->counter, value, __ATOMIC_RELAXED);
}
static inline void atomic_inc(atomic_t *v) { stress_add(v, 1); }
static inline void atomic_dec(atomic_t *v) { stress_add(v, -1); }
static inline s64 atomic64_read(const atomic64_t *v) {
  STRESS_PASS_COUNTER(STRESS_POINT_LOAD, v->counter);
  return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}
static inline void atomic64_set(atomic64_t *v, s64 value) {
  STRESS_PASS_COUNTER(STRESS_POINT_STORE, v->counter);
  __atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);
}
static inline void atomic64_add(s64 value, atomic64_t *v) {
  STRESS_PASS_COUNTER(STRESS_POINT_RMW, v->counter);
  __atomic_fetch_add(&v->counter, value, __ATOMIC_RELAXED);
}
static inline void atomic64_inc(atomic64_t *v) { atomic64_add(1, v); }
static inline void atomic64_dec(atomic64_t *v) { atomic64_add(-1, v); }
static inline s64 atomic64_fetch_and(s64 mask, atomic64_t *v) { return stress_fetch_and64(&v->counter, mask); }

// A refcount that leaves its range is a use after free, which the kernel warns of as well.
static inline void refcount_set(refcount_t *r, int value) {
  STRESS_PASS_COUNTER(STRESS_POINT_STORE, r->refs.counter);
  __atomic_store_n(&r->refs.counter, value, __ATOMIC_RELAXED);
}
static inline unsigned refcount_read(const refcount_t *r) { return atomic_read(&r->refs); }
static inline bool refcount_inc_not_zero(refcount_t *r) {
  stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*r) << 8, r);
  int old = __atomic_load_n(&r->refs.counter, __ATOMIC_RELAXED);
  do {
    if (old == 0) return false;
  } while (!__atomic_compare_exchange_n(&r->refs.counter, &old, old + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
  WARN(old < 0, "refcount_t: inc of a count of %d", old);
  return true;
}
static inline void refcount_inc(refcount_t *r) {
  WARN(!refcount_inc_not_zero(r), "refcount_t: addition on 0; use-after-free");
}
static inline bool refcount_dec_and_test(refcount_t *r) {
  stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*r) << 8, r);
  int old = __atomic_fetch_sub(&r->refs.counter, 1, __ATOMIC_SEQ_CST);
  WARN(old <= 0, "refcount_t: underflow; use-after-free");
  return old == 1;
}
