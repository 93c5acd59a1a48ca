// Where threads run, and what they get there when they share nothing.
#define _GNU_SOURCE
#include "spread.h"

#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "CBaseline.h"

// The processor of the number-th thread as a set; the empty set when nothing is known.
static cpu_set_t processor(uint32_t number) {
  cpu_set_t allowed, one;
  CPU_ZERO(&one);
  // The main thread's: it is never moved.
  if (sched_getaffinity(getpid(), sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) == 0) return one;
  int cpu = -1;
  for (uint32_t left = number % (uint32_t)CPU_COUNT(&allowed) + 1; left > 0; left--) {
    do cpu++;
    while (!CPU_ISSET(cpu, &allowed));
  }
  CPU_SET(cpu, &one);
  return one;
}

void spread(pthread_t thread, uint32_t number) {
  cpu_set_t one = processor(number);
  if (CPU_COUNT(&one) > 0) pthread_setaffinity_np(thread, sizeof(one), &one);
}

void cbaseline_spread_others(void) {
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return;
  uint32_t number = 0;
  for (struct dirent *task; (task = readdir(tasks));) {
    pid_t id = (pid_t)strtol(task->d_name, NULL, 10);
    if (id <= 0 || id == getpid() || id == gettid()) continue;
    cpu_set_t one = processor(number++);
    if (CPU_COUNT(&one) > 0) sched_setaffinity(id, sizeof(one), &one);
  }
  closedir(tasks);
}

// A cache line a thread.
typedef struct {
  _Alignas(64) uint64_t count;
  pthread_t thread;
  const double *seconds;
} counter;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *count(void *argument) {
  counter *self = argument;
  volatile uint64_t word = 0;
  double end = now() + *self->seconds;
  while (now() < end) {
    for (int i = 0; i < 10000; i++) word = word + 1;
  }
  self->count = word;
  return NULL;
}

double cbaseline_count(uint32_t threads, double seconds) {
  counter *counters = aligned_alloc(64, sizeof(counter) * threads);
  if (!counters) return 0;
  for (uint32_t i = 0; i < threads; i++) {
    counters[i].seconds = &seconds;
    if (pthread_create(&counters[i].thread, NULL, count, &counters[i]) != 0) abort();
    spread(counters[i].thread, i);
  }
  uint64_t total = 0;
  for (uint32_t i = 0; i < threads; i++) {
    pthread_join(counters[i].thread, NULL);
    total += counters[i].count;
  }
  free(counters);
  return (double)total / seconds;
}
