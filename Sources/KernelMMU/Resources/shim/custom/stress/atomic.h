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


// The others, of both widths: those that return a value pass a point, and the orders that x86 does not tell apart are
// one.
#define STRESS_ATOMIC(prefix, type, width) \
  static inline width prefix##_fetch_add(width value, type *v) { \
    stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*v) << 8, v); \
    return __atomic_fetch_add(&v->counter, value, __ATOMIC_SEQ_CST); \
  } \
  static inline width prefix##_xchg(type *v, width value) { \
    stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*v) << 8, v); \
    return __atomic_exchange_n(&v->counter, value, __ATOMIC_SEQ_CST); \
  } \
  static inline bool prefix##_try_cmpxchg(type *v, width *old, width value) { \
    stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*v) << 8, v); \
    return __atomic_compare_exchange_n(&v->counter, old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  } \
  static inline width prefix##_cmpxchg(type *v, width old, width value) { \
    prefix##_try_cmpxchg(v, &old, value); \
    return old; \
  } \
  static inline width prefix##_fetch_or(width mask, type *v) { \
    stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*v) << 8, v); \
    return __atomic_fetch_or(&v->counter, mask, __ATOMIC_SEQ_CST); \
  } \
  static inline width prefix##_fetch_sub(width value, type *v) { return prefix##_fetch_add(-value, v); } \
  static inline width prefix##_fetch_inc(type *v) { return prefix##_fetch_add(1, v); } \
  static inline width prefix##_fetch_dec(type *v) { return prefix##_fetch_add(-1, v); } \
  static inline width prefix##_add_return(width value, type *v) { return prefix##_fetch_add(value, v) + value; } \
  static inline width prefix##_sub_return(width value, type *v) { return prefix##_fetch_add(-value, v) - value; } \
  static inline width prefix##_inc_return(type *v) { return prefix##_add_return(1, v); } \
  static inline width prefix##_dec_return(type *v) { return prefix##_add_return(-1, v); } \
  static inline bool prefix##_inc_and_test(type *v) { return prefix##_inc_return(v) == 0; } \
  static inline bool prefix##_dec_and_test(type *v) { return prefix##_dec_return(v) == 0; } \
  static inline bool prefix##_sub_and_test(width value, type *v) { return prefix##_sub_return(value, v) == 0; } \
  static inline bool prefix##_add_unless(type *v, width value, width unless) { \
    width old = prefix##_read(v); \
    do { \
      if (old == unless) return false; \
    } while (!prefix##_try_cmpxchg(v, &old, old + value)); \
    return true; \
  } \
  static inline bool prefix##_inc_not_zero(type *v) { return prefix##_add_unless(v, 1, 0); } \
  static inline width prefix##_read_acquire(const type *v) { return prefix##_read(v); } \
  static inline void prefix##_set_release(type *v, width value) { prefix##_set(v, value); }

STRESS_ATOMIC(atomic, atomic_t, int)
STRESS_ATOMIC(atomic64, atomic64_t, s64)
static inline int atomic_fetch_and(int mask, atomic_t *v) {
  stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(*v) << 8, v);
  return __atomic_fetch_and(&v->counter, mask, __ATOMIC_SEQ_CST);
}
static inline void atomic_add(int value, atomic_t *v) { stress_add(v, value); }
static inline void atomic_sub(int value, atomic_t *v) { stress_add(v, -value); }
static inline void atomic64_sub(s64 value, atomic64_t *v) { atomic64_add(-value, v); }
static inline void atomic_or(int mask, atomic_t *v) { (void)atomic_fetch_or(mask, v); }
static inline void atomic_and(int mask, atomic_t *v) { (void)atomic_fetch_and(mask, v); }
#define ATOMIC_INIT(value) {value}
#define ATOMIC64_INIT(value) {value}
#define ATOMIC_LONG_INIT(value) {value}
#define atomic_long_read(v) ((long)atomic64_read(v))
#define atomic_long_set(v, value) atomic64_set(v, value)
#define atomic_long_inc(v) atomic64_inc(v)
#define atomic_long_dec(v) atomic64_dec(v)
#define atomic_long_add(value, v) atomic64_add(value, v)
#define atomic_long_sub(value, v) atomic64_sub(value, v)
#define atomic_long_inc_return(v) ((long)atomic64_inc_return(v))
#define atomic_long_dec_return(v) ((long)atomic64_dec_return(v))
#define atomic_long_fetch_add(value, v) ((long)atomic64_fetch_add(value, v))
#define atomic_long_xchg(v, value) ((long)atomic64_xchg(v, value))
#define atomic_long_cmpxchg(v, old, value) ((long)atomic64_cmpxchg(v, old, value))

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
static inline void refcount_dec(refcount_t *r) {
  WARN(refcount_dec_and_test(r), "refcount_t: decrement hit 0; leaking memory");
}
static inline bool refcount_add_not_zero(int value, refcount_t *r) { return atomic_add_unless(&r->refs, value, 0); }
static inline void refcount_add(int value, refcount_t *r) {
  WARN(!refcount_add_not_zero(value, r), "refcount_t: addition on 0; use-after-free");
}
static inline bool refcount_sub_and_test(int value, refcount_t *r) {
  int left = atomic_sub_return(value, &r->refs);
  WARN(left < 0, "refcount_t: underflow; use-after-free");
  return left == 0;
}
static inline bool refcount_dec_if_one(refcount_t *r) { return atomic_cmpxchg(&r->refs, 1, 0) == 1; }
#define REFCOUNT_INIT(value) {.refs = {value}}
