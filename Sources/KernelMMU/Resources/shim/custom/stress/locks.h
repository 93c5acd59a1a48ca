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
#define mutex_lock_nested(lock_, subclass) mutex_lock(lock_)
#define mutex_lock_killable(lock_) ({ mutex_lock(lock_); 0; })
#define mutex_lock_interruptible(lock_) ({ mutex_lock(lock_); 0; })
#define spin_lock_nested(lock_, subclass) spin_lock(lock_)
// There are no interrupts.
#define spin_lock_irq(lock_) spin_lock(lock_)
#define spin_unlock_irq(lock_) spin_unlock(lock_)
#define spin_lock_bh(lock_) spin_lock(lock_)
#define spin_unlock_bh(lock_) spin_unlock(lock_)
#define spin_lock_irqsave(lock_, flags) do { (flags) = 0; spin_lock(lock_); } while (0)
#define spin_unlock_irqrestore(lock_, flags) do { (void)(flags); spin_unlock(lock_); } while (0)
#define raw_spin_lock(lock_) spin_lock(lock_)
#define raw_spin_unlock(lock_) spin_unlock(lock_)
#define raw_spin_lock_irqsave(lock_, flags) spin_lock_irqsave(lock_, flags)
#define raw_spin_unlock_irqrestore(lock_, flags) spin_unlock_irqrestore(lock_, flags)
#define mutex_unlock(lock_) STRESS_UNLOCK(lock_, STRESS_MODE_WRITE)
#define STRESS_INIT_LOCK(lock_) memset(&(lock_)->stress, 0, sizeof((lock_)->stress))
#define spin_lock_init(lock_) (STRESS_INIT_LOCK(lock_), (void)((lock_)->stress.kind = STRESS_LOCK_OTHER))
#define raw_spin_lock_init(lock_) spin_lock_init(lock_)
#define rwlock_init(lock_) spin_lock_init(lock_)
#define mutex_init(lock_) STRESS_INIT_LOCK(lock_)
#define mutex_destroy(lock_) ((void)(lock_))
#define DEFINE_SPINLOCK(name) spinlock_t name = {.stress = {.kind = STRESS_LOCK_OTHER}}
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = {.stress = {.kind = STRESS_LOCK_OTHER}}
#define DEFINE_RWLOCK(name) rwlock_t name = {.stress = {.kind = STRESS_LOCK_OTHER}}
#define DEFINE_MUTEX(name) struct mutex name
#define spin_is_locked(lock_) (stress_held_mode(&(lock_)->stress) != 0)
// Of what has no kind, mutexes and semaphores are left, and memory that was never made a lock.
static inline bool stress_sleeps(const struct stress_lock *lock) {
  return lock->kind == STRESS_LOCK_SLOTS || lock->kind == 0;
}

bool stress_ask(u32 question);
#define need_resched() stress_ask(STRESS_ASK_RESCHED)
#define rwlock_needbreak(lock_) ((void)(lock_), stress_ask(STRESS_ASK_NEEDBREAK))
#define cond_resched_rwlock_read(lock_) stress_yield(&(lock_)->stress, STRESS_MODE_READ, __FILE__, __LINE__, __func__)
#define cond_resched_rwlock_write(lock_) stress_yield(&(lock_)->stress, STRESS_MODE_WRITE, __FILE__, __LINE__, __func__)
#define cond_resched() ({ 0; })
#define cond_resched_lock(lock_) ({ (void)(lock_); 0; })
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
#define lockdep_assert_held_once(lock_) lockdep_assert_held(lock_)
#define lockdep_assert_held_exclusive(lock_) lockdep_assert_held_write(lock_)
#define lockdep_assert_none_held_once() lockdep_assert(stress_own_word(&stress_current()->held_count) == 0)
#define lockdep_assert_in_rcu_read_lock() lockdep_assert(stress_own_word(&stress_current()->rcu_depth) != 0)
#define lockdep_assert_in_rcu_reader() lockdep_assert_in_rcu_read_lock()
#define lockdep_is_held_type(lock_, read) \
  (stress_held_mode(&(lock_)->stress) == ((read) ? STRESS_MODE_READ : STRESS_MODE_WRITE))
#define lockdep_set_class(lock_, key) ((void)(lock_))
#define lockdep_assert_irqs_enabled() do {} while (0)
#define lockdep_assert_irqs_disabled() do {} while (0)
#define lockdep_assert_preemption_disabled() do {} while (0)

// Interrupts and CPUs do not exist here: a task is never moved or interrupted but at a schedule point.
#define preempt_disable() do {} while (0)
#define preempt_enable() do {} while (0)
#define local_irq_disable() do {} while (0)
#define local_irq_enable() do {} while (0)
#define local_irq_save(flags) ((void)((flags) = 0))
#define local_irq_restore(flags) ((void)(flags))
#define migrate_disable() do {} while (0)
#define migrate_enable() do {} while (0)

// Memory slots do not change while tasks run, so nothing waits for SRCU readers.
struct srcu_struct {
  char unused;
};
#define srcu_read_lock(srcu) ((void)(srcu), 0)
#define srcu_read_unlock(srcu, index) ((void)(srcu), (void)(index))
