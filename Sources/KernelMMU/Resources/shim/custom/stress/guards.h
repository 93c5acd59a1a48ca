// SPDX-License-Identifier: MIT OR GPL-2.0-only
// guard() and scoped_guard() for the locks above. A fiber that is abandoned inside one is never unwound.
#pragma once

#define STRESS_GUARD(name, type, take, leave) \
  typedef struct { type *lock; } stress_guard_##name##_t; \
  static inline void stress_guard_##name##_leave(stress_guard_##name##_t *guard) { \
    type *_lock = guard->lock; \
    (void)_lock; \
    leave; \
  } \
  static inline stress_guard_##name##_t stress_guard_##name##_take(type *_lock) { \
    (void)_lock; \
    take; \
    return (stress_guard_##name##_t){_lock}; \
  }

STRESS_GUARD(read_lock, rwlock_t, read_lock(_lock), read_unlock(_lock))
STRESS_GUARD(write_lock, rwlock_t, write_lock(_lock), write_unlock(_lock))
STRESS_GUARD(spinlock, spinlock_t, spin_lock(_lock), spin_unlock(_lock))
STRESS_GUARD(mutex, struct mutex, mutex_lock(_lock), mutex_unlock(_lock))
STRESS_GUARD(srcu, struct srcu_struct, , )

void stress_rcu_read_lock(void);
void stress_rcu_read_unlock(const char *file, u32 line, const char *function);
typedef struct {
  char unused;
} stress_guard_rcu_t;
static inline void stress_guard_rcu_leave(stress_guard_rcu_t *guard) {
  stress_rcu_read_unlock(__FILE__, __LINE__, __func__);
}
static inline stress_guard_rcu_t stress_guard_rcu_take(void) {
  stress_rcu_read_lock();
  return (stress_guard_rcu_t){0};
}

#define guard(name) \
  __cleanup(stress_guard_##name##_leave) stress_guard_##name##_t __UNIQUE_ID(stress_guard) = stress_guard_##name##_take
