// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Scope-based cleanup: guard(), scoped_guard(), CLASS() and __free(), for the locks above and for what a tree defines
// itself. A fiber that is abandoned inside one is never unwound.
#pragma once

// A class is a type, how a value of it is made, and what is done with the value at the end of its scope.
#define DEFINE_CLASS(name, type, leave, take, parameters...) \
  typedef type class_##name##_t; \
  static inline void class_##name##_destructor(type *stress_value) { \
    type _T = *stress_value; \
    (void)_T; \
    leave; \
  } \
  static inline type class_##name##_constructor(parameters) { \
    type stress_made = take; \
    return stress_made; \
  }
#define CLASS(name, variable) \
  class_##name##_t variable __cleanup(class_##name##_destructor) = class_##name##_constructor
#define DEFINE_GUARD(name, type, take, leave) \
  DEFINE_CLASS(name, type, if (_T) { leave; }, ({ take; _T; }), type _T)
#define DEFINE_LOCK_GUARD_1(name, type, take, leave, members...) \
  typedef struct { \
    type *lock; \
    members; \
  } class_##name##_t; \
  static inline void class_##name##_destructor(class_##name##_t *_T) { \
    if (_T->lock) { leave; } \
  } \
  static inline class_##name##_t class_##name##_constructor(type *stress_locked) { \
    class_##name##_t stress_guard = {.lock = stress_locked}, *_T __maybe_unused = &stress_guard; \
    take; \
    return stress_guard; \
  }
#define DEFINE_LOCK_GUARD_0(name, take, leave, members...) \
  typedef struct { \
    char unused; \
    members; \
  } class_##name##_t; \
  static inline void class_##name##_destructor(class_##name##_t *_T) { leave; } \
  static inline class_##name##_t class_##name##_constructor(void) { \
    class_##name##_t stress_guard = {0}, *_T __maybe_unused = &stress_guard; \
    take; \
    return stress_guard; \
  }

#define guard(name) CLASS(name, __UNIQUE_ID(stress_guard))
// `break` leaves the scope as the end of its block does.
#define STRESS_SCOPED(name, variable, arguments...) \
  for (class_##name##_t variable __cleanup(class_##name##_destructor) = class_##name##_constructor(arguments), \
       *variable##_left = NULL; !variable##_left; variable##_left = (void *)1)
#define STRESS_SCOPED_AS(name, variable, arguments...) STRESS_SCOPED(name, variable, ##arguments)
#define scoped_guard(name, arguments...) STRESS_SCOPED_AS(name, __UNIQUE_ID(stress_scope), ##arguments)
#define scoped_class(name, variable, arguments...) STRESS_SCOPED(name, variable, arguments)

#define DEFINE_FREE(name, type, leave) \
  static inline void __free_##name(void *stress_freed) { \
    type _T = *(type *)stress_freed; \
    leave; \
  }
#define __free(name) __cleanup(__free_##name)
#define no_free_ptr(pointer) ({ __typeof__(pointer) stress_kept = (pointer); (pointer) = NULL; stress_kept; })
#define return_ptr(pointer) return no_free_ptr(pointer)
#define retain_and_null_ptr(pointer) ((void)no_free_ptr(pointer))

DEFINE_LOCK_GUARD_1(read_lock, rwlock_t, read_lock(_T->lock), read_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(write_lock, rwlock_t, write_lock(_T->lock), write_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock, spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock_irqsave, spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock_irq, spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(raw_spinlock, raw_spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(mutex, struct mutex, mutex_lock(_T->lock), mutex_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(srcu, struct srcu_struct, , )
DEFINE_LOCK_GUARD_0(preempt, , )
DEFINE_LOCK_GUARD_0(irq, , )
DEFINE_LOCK_GUARD_0(irqsave, , )

void stress_rcu_read_lock(void);
void stress_rcu_read_unlock(const char *file, u32 line, const char *function);
DEFINE_LOCK_GUARD_0(rcu, stress_rcu_read_lock(), stress_rcu_read_unlock(__FILE__, __LINE__, __func__))
