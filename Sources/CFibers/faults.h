// What the files about faults share.
#pragma once

#include "context.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <ucontext.h>

#pragma GCC visibility push(hidden)

// A thread, as far as its faults go.
struct fiber_thread {
  const struct fiber_exit *exit;
  void *signal_stack;
  size_t signal_stack_bytes;
  stack_t previous_signal_stack;

  // The watch's: guarded by its mutex, but for what the handler reads.
  struct fiber_thread *next, *previous;
  bool is_watched, is_fresh, takes_signal;
  pthread_t thread;
  clockid_t clock;
  int64_t progress;
  uint64_t since;
  _Atomic bool is_suspected;
};

// In watch.c: gives the calling thread another exit, or none. The monitor sends SIGURG to a thread that it suspects.
void fiber_watch(struct fiber_thread *thread, const struct fiber_exit *exit);
// Called in the handler: nothing has moved since the monitor suspected the thread.
bool fiber_watch_confirms(struct fiber_thread *thread);

// In foreign.c: whether the interrupted code is the foreign code, or was called or led astray by it. Fills in where.
bool fiber_foreign_ran(const struct fiber_foreign *foreign, const struct fiber_stacks *stacks,
                       const ucontext_t *context, const siginfo_t *info, struct fiber_fault *fault);

#pragma GCC visibility pop

static inline uintptr_t fiber_interrupted_stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
  return context->uc_mcontext.sp;
#endif
}

static inline uintptr_t fiber_interrupted_instruction(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  return context->uc_mcontext.pc;
#endif
}
