// Faults told to whoever runs the fibers: the signal handler, and the stack of its own that it needs on each thread.
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

// Room for a crash reporter that had the signal before and is called from here.
enum { SIGNAL_STACK_BYTES = 64 << 10 };

// SIGURG is what the monitor of hanging code sends: nothing happens where nobody waits for it.
static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGURG};
enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

// Initial-exec: the handler must not make the runtime linker allocate.
static __thread struct fiber_thread running __attribute__((tls_model("initial-exec")));

static pthread_once_t installation = PTHREAD_ONCE_INIT;
static int installation_error;
static struct sigaction previous[SIGNALS];

static struct fiber_foreign noted_code;
static struct fiber_fault *note;

// Has the return from the signal handler, which also restores the signal mask, continue the saved context at
// `stack_pointer`. The registers that a context does not hold are free at a call.
static void continue_at(ucontext_t *context, void *stack_pointer) {
#if defined(__x86_64__)
  enum { DIRECTION_FLAG = 0x400, ALIGNMENT_FLAG = 0x40000 };
  context->uc_mcontext.gregs[REG_RSP] = (greg_t)stack_pointer;
  context->uc_mcontext.gregs[REG_RIP] = (greg_t)fiber_resume;
  context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)(DIRECTION_FLAG | ALIGNMENT_FLAG);
#elif defined(__aarch64__)
  context->uc_mcontext.sp = (uintptr_t)stack_pointer;
  context->uc_mcontext.pc = (uintptr_t)fiber_resume;
#endif
}

static void pass_on(int signal, siginfo_t *info, void *context) {
  const struct sigaction *before = previous;
  while (signals[before - previous] != signal) before++;
  const bool sent = info->si_code <= 0;
  if (before->sa_flags & SA_SIGINFO) {
    before->sa_sigaction(signal, info, context);
  } else if (before->sa_handler == SIG_DFL && signal == SIGURG) {
    // By default it is ignored.
  } else if (before->sa_handler == SIG_DFL || (before->sa_handler == SIG_IGN && !sent)) {
    // With the default action back, returning repeats the fault and ends the process as it would have ended. A signal
    // that was sent has to be sent again, and so has a trap, which is not repeated; it stays blocked until the return.
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL);
    if (sent || signal == SIGTRAP) raise(signal);
  } else if (before->sa_handler != SIG_IGN) {
    before->sa_handler(signal);
  }
}

static void describe(const siginfo_t *info, struct fiber_fault *fault) {
  fault->kind = FIBER_SIGNAL;
  fault->signal = info->si_signo;
  fault->has_address = (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code != SI_KERNEL;
  fault->address = fault->has_address ? (uintptr_t)info->si_addr : 0;
}

// Whether the running fiber is left for it.
static bool ends_fiber(const struct fiber_exit *exit, const siginfo_t *info, const ucontext_t *context,
                       struct fiber_fault *fault) {
  if (info->si_signo == SIGURG) {
    if (!fiber_watch_confirms(&running)) return false;
    fault->kind = FIBER_HANG;
    return fiber_foreign_ran(&exit->foreign, exit->stacks, context, info, fault);
  }
  if (info->si_code <= 0) return false;
  const bool is_foreign = fiber_foreign_ran(&exit->foreign, exit->stacks, context, info, fault);
  describe(info, fault);
  if (fault->has_address && fiber_stacks_overflowed(exit->stacks, fault->address,
                                                    fiber_interrupted_stack_pointer(context), &fault->stack)) {
    fault->kind = FIBER_STACK_OVERFLOW;
    return true;
  }
  return is_foreign;
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  const struct fiber_exit *exit = running.exit;
  struct fiber_fault fault = {.kind = FIBER_NO_FAULT};
  if (exit != NULL && ends_fiber(exit, info, context, &fault)) {
    *exit->fault = fault;
    continue_at(context, *exit->resume);
    return;
  }
  const int error = errno;
  if (note != NULL && info->si_code > 0 && fiber_foreign_ran(&noted_code, NULL, context, info, &fault)) {
    describe(info, &fault);
    *note = fault;
  }
  pass_on(signal, info, context);
  errno = error;
}

static void install(void) {
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigemptyset(&action.sa_mask);
  // The previous actions are read first: a fault on another thread may come as soon as the handler is in place.
  for (int index = 0; index < SIGNALS; index++) {
    if (sigaction(signals[index], NULL, &previous[index]) != 0) installation_error = errno;
  }
  for (int index = 0; index < SIGNALS && installation_error == 0; index++) {
    if (sigaction(signals[index], &action, NULL) != 0) installation_error = errno;
  }
}

bool fiber_faults_register(void) {
  pthread_once(&installation, install);
  if (installation_error != 0) {
    errno = installation_error;
    return false;
  }
  if (running.signal_stack != NULL) return true;
  // The registers that the kernel saves there are of a size that only it knows.
  const long least = sysconf(_SC_MINSIGSTKSZ);
  const size_t bytes = SIGNAL_STACK_BYTES + (least > 0 ? (size_t)least : 0);
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  const stack_t signal_stack = {.ss_sp = memory, .ss_size = bytes};
  if (sigaltstack(&signal_stack, &running.previous_signal_stack) != 0) {
    const int error = errno;
    munmap(memory, bytes);
    errno = error;
    return false;
  }
  running.signal_stack = memory;
  running.signal_stack_bytes = bytes;
  return true;
}

void fiber_faults_unregister(void) {
  if (running.signal_stack == NULL) return;
  sigaltstack(&running.previous_signal_stack, NULL);
  munmap(running.signal_stack, running.signal_stack_bytes);
  running.signal_stack = NULL;
}

const struct fiber_exit *fiber_exit_enter(const struct fiber_exit *exit) {
  const struct fiber_exit *before = running.exit;
  exit->fault->kind = FIBER_NO_FAULT;
  fiber_watch(&running, exit);
  return before;
}

void fiber_exit_leave(const struct fiber_exit *before) { fiber_watch(&running, before); }

void fiber_exit_forget(const struct fiber_stacks *stacks) {
  if (running.exit != NULL && running.exit->stacks == stacks) fiber_exit_leave(NULL);
}

void fiber_faults_note(struct fiber_foreign foreign, struct fiber_fault *destination) {
  noted_code = foreign;
  pthread_once(&installation, install);
  note = destination;
}
