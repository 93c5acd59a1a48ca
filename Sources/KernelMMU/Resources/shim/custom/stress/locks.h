// SPDX-License-Identifier: MIT OR GPL-2.0-only
// rwlock_t, spinlock_t and struct mutex are the host's locks; what lockdep would know is kept with the task.
#pragma once

typedef struct {
  struct stress_lock stress;
} rwlock_t;
typedef struct {
  struct stress_lock stress;
} spinlock_t, raw_spinlock_t;
struct mutex {
  struct stress_lock stress;
};

void stress_lock(struct stress_lock *lock, u32 mode, const char *file, u32 line, const char *function);
void stress_unlock(struct stress_lock *lock, u32 mode, const char *file, u32 line, const char *function);
bool stress_yield(struct stress_lock *lock, u32 mode, const char *file, u32 line, const char *function);
u32 stress_held_mode(const struct stress_lock *lock);
void stress_assert_held(const struct stress_lock *lock, u32 modes, const char *text, const char *file, u32 line,
                        const char *function);

#define STRESS_LOCK(lock_, mode) stress_lock(&(lock_)->stress, mode, __FILE__, __LINE__, __func__)
#define STRESS_UNLOCK(lock_, mode) stress_unlock(&(lock_)->stress, mode, __FILE__, __LINE__, __func__)

#define read_lock(lock_) STRESS_LOCK(lock_, STRESS_MODE_READ)
#define read_unlock(lock_) STRESS_UNLOCK(lock_, STRESS_MODE_READ)
#define write_lock(lock_) STRESS_LOCK(lock_, STRESS_MODE_WRITE)
#define write_unlock(lock_) STRESS_UNLOCK(lock_, STRESS_MODE_WRITE)
#define spin_lock(lock_) STRESS_LOCK(lock_, STRESS_MODE_WRITE)
#define spin_unlock(lock_) STRESS_UNLOCK(lock_, STRESS_MODE_WRITE)
#define mutex_lock(lock_) STRESS_LOCK(lock_, STRESS_MODE_WRITE)
#define mutex_unlock(lock_) STRESS_UNLOCK(lock_, STRESS_MODE_WRITE)
#define spin_lock_init(lock_) memset(&(lock_)->stress, 0, sizeof((lock_)->stress))
#define rwlock_init(lock_) spin_lock_init(lock_)
#define mutex_init(lock_) spin_lock_init(lock_)

#define need_resched() STRESS_ASK(stress_current(), ask, STRESS_ASK_RESCHED)
#define rwlock_needbreak(lock_) ((void)(lock_), STRESS_ASK(stress_current(), ask, STRESS_ASK_NEEDBREAK))
#define cond_resched_rwlock_read(lock_) stress_yield(&(lock_)->stress, STRESS_MODE_READ, __FILE__, __LINE__, __func__)
#define cond_resched_rwlock_write(lock_) stress_yield(&(lock_)->stress, STRESS_MODE_WRITE, __FILE__, __LINE__, __func__)
#define cond_resched() do {} while (0)
#define might_sleep() do {} while (0)
#define signal_pending(task) 0

#define STRESS_ASSERT_HELD(lock_, modes, text) \
  stress_assert_held(&(lock_)->stress, modes, text, __FILE__, __LINE__, __func__)
#define lockdep_assert_held(lock_) \
  STRESS_ASSERT_HELD(lock_, STRESS_MODE_READ | STRESS_MODE_WRITE, "lockdep_assert_held(" #lock_ ")")
#define lockdep_assert_held_read(lock_) \
  STRESS_ASSERT_HELD(lock_, STRESS_MODE_READ, "lockdep_assert_held_read(" #lock_ ")")
#define lockdep_assert_held_write(lock_) \
  STRESS_ASSERT_HELD(lock_, STRESS_MODE_WRITE, "lockdep_assert_held_write(" #lock_ ")")
#define lockdep_assert_not_held(lock_) STRESS_ASSERT_HELD(lock_, 0, "lockdep_assert_not_held(" #lock_ ")")
#define lockdep_is_held(lock_) (stress_held_mode(&(lock_)->stress) != 0)
#define lockdep_assert_once(condition) WARN_ON_ONCE(!(condition))
#define lockdep_assert(condition) WARN_ON_ONCE(!(condition))
#define lockdep_assert_irqs_disabled() do {} while (0)
#define lockdep_assert_preemption_disabled() do {} while (0)

// Interrupts and CPUs do not exist here: a task is never moved or interrupted but at a schedule point.
#define preempt_disable() do {} while (0)
#define preempt_enable() do {} while (0)
#define local_irq_disable() do {} while (0)
#define local_irq_enable() do {} while (0)

// Memory slots do not change while tasks run, so nothing waits for SRCU readers.
struct srcu_struct {
  char unused;
};
#define srcu_read_lock(srcu) ((void)(srcu), 0)
#define srcu_read_unlock(srcu, index) ((void)(srcu), (void)(index))
