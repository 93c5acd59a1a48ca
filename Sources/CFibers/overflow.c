// Stack overflow told to the scheduler: the fault handler, and the stack of its own that it needs on each thread.
#define _GNU_SOURCE
#include "context.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

// Room for a crash reporter that had the signal before and is called from here.
enum { SIGNAL_STACK_BYTES = 64 << 10 };

struct registration {
  const struct fiber_stacks *stacks;
  int32_t *overflowed;
  void **resume;
  void *signal_stack;
  size_t signal_stack_bytes;
  stack_t previous_signal_stack;
};

// Initial-exec: the handler must not make the runtime linker allocate.
static __thread struct registration registration __attribute__((tls_model("initial-exec")));

static pthread_once_t installation = PTHREAD_ONCE_INIT;
static int installation_error;
static struct sigaction previous_segv, previous_bus;

static uintptr_t faulting_stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
  return context->uc_mcontext.sp;
#endif
}

// Has the return from the signal handler, which also restores the signal mask, continue the saved context at
// `stack_pointer`. The registers that a context does not hold are free at a call.
static void continue_at(ucontext_t *context, void *stack_pointer) {
#if defined(__x86_64__)
  enum { DIRECTION_FLAG = 0x400 };
  context->uc_mcontext.gregs[REG_RSP] = (greg_t)stack_pointer;
  context->uc_mcontext.gregs[REG_RIP] = (greg_t)fiber_resume;
  context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)DIRECTION_FLAG;
#elif defined(__aarch64__)
  context->uc_mcontext.sp = (uintptr_t)stack_pointer;
  context->uc_mcontext.pc = (uintptr_t)fiber_resume;
#endif
}

static void pass_on(int signal, siginfo_t *info, void *context) {
  const struct sigaction *previous = signal == SIGBUS ? &previous_bus : &previous_segv;
  const bool sent = info->si_code <= 0;
  if (previous->sa_flags & SA_SIGINFO) {
    previous->sa_sigaction(signal, info, context);
  } else if (previous->sa_handler == SIG_DFL || (previous->sa_handler == SIG_IGN && !sent)) {
    // With the default action back, returning repeats the fault and ends the process as it would have ended. A signal
    // that was sent has to be sent again; it stays blocked until the return.
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL);
    if (sent) raise(signal);
  } else if (previous->sa_handler != SIG_IGN) {
    previous->sa_handler(signal);
  }
}

static void on_fault(int signal, siginfo_t *info, void *context) {
  uint32_t index;
  if (registration.stacks != NULL && info->si_code > 0 &&
      fiber_stacks_overflowed(registration.stacks, (uintptr_t)info->si_addr, faulting_stack_pointer(context), &index)) {
    *registration.overflowed = (int32_t)index;
    continue_at(context, *registration.resume);
    return;
  }
  const int error = errno;
  pass_on(signal, info, context);
  errno = error;
}

static void install(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  // The previous actions are read first: a fault on another thread may come as soon as the handler is in place.
  if (sigaction(SIGSEGV, NULL, &previous_segv) != 0 || sigaction(SIGBUS, NULL, &previous_bus) != 0 ||
      sigaction(SIGSEGV, &action, NULL) != 0 || sigaction(SIGBUS, &action, NULL) != 0) {
    installation_error = errno;
  }
}

bool fiber_overflow_register(const struct fiber_stacks *stacks, int32_t *overflowed, void **resume) {
  pthread_once(&installation, install);
  if (installation_error != 0) {
    errno = installation_error;
    return false;
  }
  if (registration.signal_stack == NULL) {
    // The registers that the kernel saves there are of a size that only it knows.
    const long least = sysconf(_SC_MINSIGSTKSZ);
    const size_t bytes = SIGNAL_STACK_BYTES + (least > 0 ? (size_t)least : 0);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    const stack_t signal_stack = {.ss_sp = memory, .ss_size = bytes};
    if (sigaltstack(&signal_stack, &registration.previous_signal_stack) != 0) {
      const int error = errno;
      munmap(memory, bytes);
      errno = error;
      return false;
    }
    registration.signal_stack = memory;
    registration.signal_stack_bytes = bytes;
  }
  registration.overflowed = overflowed;
  registration.resume = resume;
  registration.stacks = stacks;
  return true;
}

void fiber_overflow_forget(const struct fiber_stacks *stacks) {
  if (registration.stacks == stacks) registration.stacks = NULL;
}

void fiber_overflow_unregister(void) {
  registration.stacks = NULL;
  if (registration.signal_stack == NULL) return;
  sigaltstack(&registration.previous_signal_stack, NULL);
  munmap(registration.signal_stack, registration.signal_stack_bytes);
  registration.signal_stack = NULL;
}
