// Operations by many threads, for throughput and for what threads find.
#define _GNU_SOURCE
#include "host.h"

#include <time.h>
#include <unistd.h>

struct run {
  struct khost *host;
  uint32_t task;
  uint64_t seed, operations, retries;
  volatile bool *stop;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static uint64_t next(uint64_t *state) {
  uint64_t word = *state += 0x9e3779b97f4a7c15ULL;
  word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
  word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
  return word ^ word >> 31;
}

static void fault(struct host_task *host_task, uint64_t gfn, bool exec, const volatile bool *stop, uint64_t *retries) {
  struct khost *host = host_task->host;
  struct stress_fault request = {
      .gfn = gfn, .pfn = gfn, .is_private = host->kernel->is_private(host->world, gfn), .write = !exec, .exec = exec,
      .map_writable = true,
  };
  while (host->kernel->fault(host_task->kernel, host_task->id, &request) == STRESS_FAULT_RETRY && !*stop) {
    ++*retries;
    khost_pause(host_task);
    request.is_private = host->kernel->is_private(host->world, gfn);
  }
}

void khost_operate(
    struct host_task *host_task, uint64_t *seed, const volatile bool *stop, uint64_t *retries, uint64_t pages) {
  const struct stress_kernel *kernel = host_task->host->kernel;
  struct stress_task *task = host_task->kernel;
  uint64_t draw = next(seed), gfn = next(seed) % pages, start = gfn & ~511ULL;
  uint32_t both = STRESS_FILTER_SHARED | STRESS_FILTER_PRIVATE;
  switch (draw % 100) {
  case 0: kernel->unmap_range(task, start, start + 512, STRESS_FILTER_PRIVATE, draw >> 32 & 1); break;
  case 1 ... 3: kernel->unmap_range(task, gfn, gfn + 1, both, true); break;
  case 4: kernel->unmap_range(task, start, start + 512, STRESS_FILTER_SHARED, true); break;
  case 5: kernel->convert(task, start, start + 512, draw >> 32 & 1); break;
  case 6 ... 7: kernel->age(task, start, start + 512, STRESS_FILTER_SHARED, false); break;
  case 8: kernel->split(task, start, start + 512, 1, true); break;
  case 9: kernel->recover_nx(task, 1); break;
  case 10:
    if ((draw >> 32) % 16 == 0) kernel->zap_all_fast(task);
    break;
  default: fault(host_task, gfn, draw >> 32 & 1, stop, retries); break;
  }
  // Callbacks whose turn has come, outside any section.
  if (host_task->deferred_count > 32) khost_run_deferred(host_task);
}

static void *work(void *argument) {
  struct run *run = argument;
  while (!*run->stop) {
    khost_operate(
        &run->host->tasks[run->task], &run->seed, run->stop, &run->retries, run->host->options.guest_pages);
    run->operations++;
  }
  return NULL;
}

static uint64_t points(const struct khost *host) {
  uint64_t sum = 0;
  for (uint32_t task = 0; task < host->options.tasks; task++) sum += host->tasks[task].points;
  return sum;
}

struct khost_figures khost_run_threads(struct khost *host, uint32_t threads, double seconds, uint64_t seed) {
  static volatile bool stop;
  struct run runs[TASKS];
  pthread_t ids[TASKS];
  struct khost_figures figures = {0};
  stop = false;
  uint64_t before = points(host);
  double begin = now();
  for (uint32_t task = 0; task < threads; task++) {
    runs[task] = (struct run){.host = host, .task = task, .seed = seed * 64 + task, .stop = &stop};
    pthread_create(&ids[task], NULL, work, &runs[task]);
  }
  usleep(seconds * 1e6);
  stop = true;
  for (uint32_t task = 0; task < threads; task++) {
    pthread_join(ids[task], NULL);
    figures.operations += runs[task].operations;
    figures.retries += runs[task].retries;
  }
  figures.seconds = now() - begin;
  figures.points = points(host) - before;
  return figures;
}

struct khost_figures khost_run_maps(struct khost *host, double seconds) {
  const struct stress_kernel *kernel = host->kernel;
  static volatile bool never;
  uint64_t retries = 0;
  struct khost_figures figures = {0};
  uint64_t before = points(host);
  double begin = now(), end = begin;
  while (end - begin < seconds) {
    for (uint64_t gfn = 0; gfn < 512; gfn++) fault(&host->tasks[0], gfn, false, &never, &retries);
    kernel->unmap_range(host->tasks[0].kernel, 0, 512, STRESS_FILTER_PRIVATE, false);
    figures.operations += 512;
    end = now();
  }
  figures.points = points(host) - before;
  figures.seconds = end - begin;
  return figures;
}
