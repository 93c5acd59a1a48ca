// SPDX-License-Identifier: MIT OR GPL-2.0-only
// RCU is the host's. What lockdep-RCU would say is checked here: it catches whole classes of mistakes with no race.
#pragma once

#define rcu_read_lock() stress_rcu_read_lock()
#define rcu_read_unlock() stress_rcu_read_unlock(__FILE__, __LINE__, __func__)
#define rcu_read_lock_held() (stress_own_word(&stress_current()->rcu_depth) != 0)

#define RCU_LOCKDEP_WARN(condition, text) \
  do { \
    if (unlikely(condition)) STRESS_VIOLATION(STRESS_VIOLATION_RCU, "%s", text); \
  } while (0)
#define RCU_INITIALIZER(pointer) (pointer)

// No fence and no schedule point: the access that follows is one. It is marked, as the kernel's is.
#if STRESS_HAS_HOOKS
#define STRESS_RCU_READ(pointer) (*(volatile __typeof__(pointer) *)&(pointer))
#else
#define STRESS_RCU_READ(pointer) (pointer)
#endif
#define rcu_dereference(pointer) \
  ({ \
    RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "rcu_dereference(" #pointer ") outside a read section"); \
    STRESS_RCU_READ(pointer); \
  })
#define rcu_dereference_raw(pointer) READ_ONCE(pointer)
#define rcu_dereference_check(pointer, condition) \
  ({ \
    RCU_LOCKDEP_WARN(!(condition) && !rcu_read_lock_held(), "rcu_dereference_check(" #pointer ")"); \
    STRESS_RCU_READ(pointer); \
  })
#define rcu_dereference_protected(pointer, condition) (pointer)
#define rcu_access_pointer(pointer) READ_ONCE(pointer)
#define rcu_assign_pointer(pointer, value) WRITE_ONCE(pointer, value)

void call_rcu(struct rcu_head *head, void (*function)(struct rcu_head *head));
void rcu_barrier(void);
