// Tasks as fibers of one thread, switched at random at every schedule point: what proves that the kernel side keeps
// nothing that a switch, or a fiber that is never resumed, would break.
#define _GNU_SOURCE
#include "host.h"

#include <CFibers.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { STACK_BYTES = 64 << 10, POINTS_MAX = 2000000 };

struct fibers {
  struct khost *host;
  struct fiber_stacks stacks;
  void *main;
  void *saved[TASKS];
  bool done[TASKS];
  uint32_t count, left, operations;
  uint64_t random, points, switches, abandon_at, paused;
  bool deadlock;
  uint64_t seeds[TASKS];
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static uint64_t draw(struct fibers *fibers) {
  uint64_t word = fibers->random += 0x9e3779b97f4a7c15ULL;
  word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
  word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
  return word ^ word >> 31;
}

static void switch_to(struct fibers *fibers, uint32_t from, uint32_t to) {
  if (from == to) return;
  fibers->switches++;
  fiber_switch(&fibers->saved[from], fibers->saved[to]);
}

// `from` goes on later, or never if it is done.
static void leave_to_any(struct fibers *fibers, uint32_t from) {
  uint32_t pick = fibers->left ? draw(fibers) % fibers->left : 0;
  for (uint32_t task = 0; task < fibers->count; task++)
    if (!fibers->done[task] && pick-- == 0) return switch_to(fibers, from, task);
  fiber_switch(&fibers->saved[from], fibers->main);
}

void khost_fiber_point(struct host_task *task) {
  struct fibers *fibers = task->host->fibers;
  if (fibers->main == NULL) return;
  fibers->paused = 0;
  fibers->deadlock |= fibers->points == POINTS_MAX;
  if (++fibers->points == fibers->abandon_at || fibers->deadlock)
    fiber_switch(&fibers->saved[task->id], fibers->main);
  leave_to_any(fibers, task->id);
}

void khost_pause(struct host_task *task) {
  struct fibers *fibers = task->host->fibers;
  if (!fibers || !fibers->main) {
    sched_yield();
    return;
  }
  // Nobody has passed a point for very long: all wait for each other.
  if (++fibers->paused > 100000) {
    fibers->deadlock = true;
    fiber_switch(&fibers->saved[task->id], fibers->main);
  }
  leave_to_any(fibers, task->id);
}

static void run(void *argument) {
  struct host_task *task = argument;
  struct fibers *fibers = task->host->fibers;
  uint64_t retries = 0;
  static const volatile bool never = false;
  for (uint32_t operation = 0; operation < fibers->operations; operation++)
    khost_operate(task, &fibers->seeds[task->id], &never, &retries, 8);
  fibers->done[task->id] = true;
  fibers->left--;
  leave_to_any(fibers, task->id);
}

struct khost_schedule_figures khost_run_fibers(
    struct khost *host, uint32_t count, uint32_t operations, uint32_t schedules, uint64_t seed, uint64_t abandon_at) {
  struct fibers fibers = {.host = host, .count = count, .operations = operations, .random = seed,
                          .abandon_at = abandon_at};
  struct khost_schedule_figures figures = {0};
  const struct stress_kernel *kernel = host->kernel;
  if (!fiber_stacks_create(&fibers.stacks, count, STACK_BYTES)) return figures;
  khost_reset(host);
  host->hash = 0xcbf29ce484222325ULL;
  double begin = now();
  for (uint32_t schedule = 0; schedule < schedules && !fibers.deadlock; schedule++) {
    host->fibers = NULL;
    kernel->vm_create(host->tasks[0].kernel);
    for (uint32_t task = 0; task < count; task++) kernel->load_roots(host->tasks[task].kernel, task);
    kernel->finalize(host->tasks[0].kernel);
    host->fibers = &fibers;
    fibers.left = count;
    fibers.points = 0;
    for (uint32_t task = 0; task < count; task++) {
      fibers.done[task] = false;
      fibers.seeds[task] = draw(&fibers);
      fibers.saved[task] = fiber_prepare(fiber_stack_top(&fibers.stacks, task), run, &host->tasks[task]);
    }
    // Points count from here on: `main` is set.
    void **main = &fibers.main;
    *main = main;
    fiber_switch(main, fibers.saved[draw(&fibers) % count]);
    fibers.main = NULL;
    figures.points += fibers.points;
    host->fibers = NULL;
    if (abandon_at || fibers.deadlock)
      khost_reset(host);
    else
      kernel->vm_destroy(host->tasks[0].kernel);
  }
  figures.seconds = now() - begin;
  figures.hash = host->hash;
  figures.switches = fibers.switches;
  figures.deadlock = fibers.deadlock;
  fiber_stacks_destroy(&fibers.stacks);
  return figures;
}
