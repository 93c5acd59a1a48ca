// Foreign code that never comes to its next step: a monitor thread looks at all threads that run it, and interrupts the
// one that uses up the processor without a step. What it uses is counted in time of the processor, so that a thread
// that is not run, or a process that is stopped, is no hang.
#define _GNU_SOURCE
#include "faults.h"

#include <time.h>

enum { MILLISECONDS_BETWEEN_LOOKS = 20 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct fiber_thread *watched;
static pthread_once_t start = PTHREAD_ONCE_INIT;

static int64_t progress_of(const struct fiber_exit *exit) {
  uint64_t sum = 0;
  for (uint32_t index = 0; index < exit->progress_count; index++)
    sum += (uint64_t)__atomic_load_n(exit->progress[index], __ATOMIC_RELAXED);
  return (int64_t)sum;
}

static uint64_t processor_time(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) return 0;
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// The mutex is held: the thread is inside its exit, so it has not ended.
static void look_at(struct fiber_thread *thread) {
  const int64_t progress = progress_of(thread->exit);
  const uint64_t now = processor_time(thread->clock);
  if (thread->is_fresh || progress != thread->progress) {
    thread->is_fresh = false;
    thread->progress = progress;
    thread->since = now;
    return;
  }
  if (now - thread->since < thread->exit->hang_limit) return;
  atomic_store(&thread->is_suspected, true);
  // Whatever it runs at that moment: if that is not the foreign code, the next look interrupts it again.
  pthread_kill(thread->thread, SIGURG);
}

static void *monitor(void *unused) {
  const struct timespec pause = {.tv_nsec = MILLISECONDS_BETWEEN_LOOKS * 1000000};
  for (;;) {
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&mutex);
    for (struct fiber_thread *thread = watched; thread != NULL; thread = thread->next) look_at(thread);
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

// Signals are other threads' to take. Where no thread can be had nothing is watched.
static void start_monitor(void) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (pthread_create(&thread, NULL, monitor, NULL) == 0) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// Threads of a pool, and those that they start, have most signals blocked.
static void take_signal(struct fiber_thread *thread) {
  if (thread->takes_signal) return;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGURG);
  thread->takes_signal = pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0;
}

void fiber_watch(struct fiber_thread *thread, const struct fiber_exit *exit) {
  const bool is_wanted = exit != NULL && exit->hang_limit != 0;
  if (!is_wanted && !thread->is_watched) {
    thread->exit = exit;
    return;
  }
  pthread_once(&start, start_monitor);
  pthread_mutex_lock(&mutex);
  thread->exit = exit;
  atomic_store(&thread->is_suspected, false);
  thread->is_fresh = true;
  if (is_wanted && !thread->is_watched) {
    thread->thread = pthread_self();
    take_signal(thread);
    if (pthread_getcpuclockid(thread->thread, &thread->clock) == 0) {
      thread->is_watched = true;
      thread->previous = NULL;
      thread->next = watched;
      if (watched != NULL) watched->previous = thread;
      watched = thread;
    }
  } else if (!is_wanted) {
    thread->is_watched = false;
    if (thread->next != NULL) thread->next->previous = thread->previous;
    if (thread->previous != NULL) thread->previous->next = thread->next;
    if (watched == thread) watched = thread->next;
  }
  pthread_mutex_unlock(&mutex);
}

bool fiber_watch_confirms(struct fiber_thread *thread) {
  return atomic_exchange(&thread->is_suspected, false) && thread->exit != NULL &&
         progress_of(thread->exit) == thread->progress;
}
