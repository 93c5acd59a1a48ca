// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What blocks: it may not stand in an atomic section, and lets the others run until what it waits for is there. A
// sleeper is asked to look again by the scheduler, so that waking one is the change that it waits for and no more.
#pragma once

void stress_might_sleep(const char *what, const char *file, u32 line, const char *function);
#define STRESS_MIGHT_SLEEP(what) stress_might_sleep(what, __FILE__, __LINE__, __func__)
#define STRESS_WAIT_UNTIL(condition, what) \
  do { \
    STRESS_MIGHT_SLEEP(what); \
    while (!(condition)) cpu_relax(); \
  } while (0)

#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
#define TASK_KILLABLE 4
#define schedule() do { STRESS_MIGHT_SLEEP("schedule()"); cpu_relax(); } while (0)
#define yield() schedule()
#define msleep(milliseconds) ((void)(milliseconds), schedule_timeout_uninterruptible(1))
#define usleep_range(low, high) ((void)(low), (void)(high), schedule_timeout_uninterruptible(1))
#define fsleep(microseconds) ((void)(microseconds), schedule_timeout_uninterruptible(1))
#define schedule_timeout_uninterruptible(ticks) ({ STRESS_MIGHT_SLEEP("a timed sleep"); cpu_relax(); 0L; })
#define udelay(microseconds) ((void)(microseconds), cpu_relax())
#define ndelay(nanoseconds) ((void)(nanoseconds), cpu_relax())
#define cpu_relax_n(count) cpu_relax()

// Bits.
#define wait_on_bit(word, bit, mode) \
  ({ STRESS_WAIT_UNTIL(!test_bit(bit, word), "wait_on_bit()"); (void)(mode); 0; })
#define wait_on_bit_lock(word, bit, mode) \
  ({ STRESS_WAIT_UNTIL(!test_and_set_bit(bit, word), "wait_on_bit_lock()"); (void)(mode); 0; })
#define wait_on_bit_timeout(word, bit, mode, ticks) wait_on_bit(word, bit, mode)
#define wake_up_bit(word, bit) ((void)(word), (void)(bit))
#define clear_and_wake_up_bit(bit, word) clear_bit_unlock(bit, word)
#define wait_var_event(variable, condition) STRESS_WAIT_UNTIL(condition, "wait_var_event()")
#define wake_up_var(variable) ((void)(variable))

// Wait queues and completions.
typedef struct wait_queue_head {
  spinlock_t lock;
} wait_queue_head_t;
#define init_waitqueue_head(queue) spin_lock_init(&(queue)->lock)
#define wait_event(queue, condition) STRESS_WAIT_UNTIL(condition, "wait_event()")
#define wait_event_interruptible(queue, condition) ({ wait_event(queue, condition); 0; })
#define wait_event_killable(queue, condition) wait_event_interruptible(queue, condition)
#define wake_up(queue) ((void)(queue))
#define wake_up_all(queue) ((void)(queue))
#define wake_up_interruptible(queue) ((void)(queue))

struct completion {
  unsigned done;
};
#define init_completion(completion) WRITE_ONCE((completion)->done, 0)
#define reinit_completion(completion) init_completion(completion)
#define completion_done(completion) (READ_ONCE((completion)->done) != 0)
static inline bool stress_try_wait(struct completion *completion) {
  stress_pass(stress_current(), STRESS_POINT_RMW | (u32)sizeof(completion->done) << 8, &completion->done);
  unsigned done = __atomic_load_n(&completion->done, __ATOMIC_ACQUIRE);
  while (done && done != ~0u)
    if (__atomic_compare_exchange_n(&completion->done, &done, done - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      break;
  return done;
}
#define try_wait_for_completion(completion) stress_try_wait(completion)
#define wait_for_completion(completion) STRESS_WAIT_UNTIL(stress_try_wait(completion), "wait_for_completion()")
#define complete(completion) \
  do { \
    stress_pass(stress_current(), STRESS_POINT_RMW | 4u << 8, &(completion)->done); \
    __atomic_fetch_add(&(completion)->done, 1, __ATOMIC_SEQ_CST); \
  } while (0)
#define complete_all(completion) WRITE_ONCE((completion)->done, ~0u)

// Readers-writer semaphores are the host's locks, as mutexes are.
struct rw_semaphore {
  struct stress_lock stress;
};
#define init_rwsem(semaphore) STRESS_INIT_LOCK(semaphore)
#define down_read(semaphore) \
  do { \
    STRESS_MIGHT_SLEEP("down_read()"); \
    STRESS_LOCK(semaphore, STRESS_MODE_READ); \
  } while (0)
#define up_read(semaphore) STRESS_UNLOCK(semaphore, STRESS_MODE_READ)
#define down_write(semaphore) \
  do { STRESS_MIGHT_SLEEP("down_write()"); STRESS_LOCK(semaphore, STRESS_MODE_WRITE); } while (0)
#define up_write(semaphore) STRESS_UNLOCK(semaphore, STRESS_MODE_WRITE)
DEFINE_LOCK_GUARD_1(rwsem_read, struct rw_semaphore, down_read(_T->lock), up_read(_T->lock))
DEFINE_LOCK_GUARD_1(rwsem_write, struct rw_semaphore, down_write(_T->lock), up_write(_T->lock))
