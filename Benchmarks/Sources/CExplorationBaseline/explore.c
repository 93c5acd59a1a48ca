// The model, its fibers, and the random walk over them.
#include "CExplorationBaseline.h"

#include "CFibers.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { NONPRESENT = 0, PRESENT = 1, FROZEN = 2 };
enum { STACK_BYTES = 4096, THREADS_LIMIT = 65536 };

struct world;

struct fiber {
  void *stack_pointer;
  struct world *world;
};

struct world {
  uint64_t spte, external;
  uint64_t random_state;
  uint64_t steps;
  // Positions below live_count hold the fibers that live, the others those that ended: after an execution all are
  // there again, in another order.
  struct fiber **order;
  uint32_t live_count, running, iterations;
  void *explorer;
};

// splitmix64.
static inline uint64_t next_random(struct world *world) {
  uint64_t value = world->random_state += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

static inline uint32_t draw(struct world *world) {
  world->steps++;
  return (uint32_t)((next_random(world) >> 32) * world->live_count >> 32);
}

// Stands before every access of a thread but its first, whose draw made the thread run.
static inline void schedule_point(struct world *world) {
  const uint32_t next = draw(world), running = world->running;
  if (next == running) return;
  world->running = next;
  fiber_switch(&world->order[running]->stack_pointer, world->order[next]->stack_pointer);
}

static inline void end_thread(struct world *world) {
  struct fiber **order = world->order, *const ended = order[world->running];
  const uint32_t last = --world->live_count;
  order[world->running] = order[last];
  order[last] = ended;
  if (last == 0) {
    fiber_switch(&ended->stack_pointer, world->explorer);
    return;
  }
  world->running = draw(world);
  fiber_switch(&ended->stack_pointer, order[world->running]->stack_pointer);
}

static inline bool freeze(struct world *world, uint64_t expected) {
  schedule_point(world);
  if (world->spte != expected) return false;
  world->spte = FROZEN;
  return true;
}

static inline void replace(struct world *world, uint64_t value, bool is_spte_written_first) {
  schedule_point(world);
  *(is_spte_written_first ? &world->spte : &world->external) = value;
  schedule_point(world);
  *(is_spte_written_first ? &world->external : &world->spte) = value;
}

static inline void run_threads(struct world *world, bool is_spte_written_first) {
  for (;;) {
    for (uint32_t iteration = 0; iteration < world->iterations; iteration++) {
      if (iteration > 0) schedule_point(world);
      const uint64_t seen = world->spte;
      if (seen == FROZEN || !freeze(world, seen)) continue;
      replace(world, seen == PRESENT ? NONPRESENT : PRESENT, is_spte_written_first);
    }
    end_thread(world);
  }
}

static void run_model(void *fiber) { run_threads(((struct fiber *)fiber)->world, false); }
static void run_mutant(void *fiber) { run_threads(((struct fiber *)fiber)->world, true); }

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void explore(struct world *world, uint32_t threads, uint64_t executions, cexploration_result *result) {
  for (uint64_t execution = 1; execution <= executions; execution++) {
    world->spte = world->external = NONPRESENT;
    world->live_count = threads;
    world->running = draw(world);
    fiber_switch(&world->explorer, world->order[world->running]->stack_pointer);
    if (world->spte == FROZEN || world->spte != world->external) {
      if (result->failures++ == 0) result->first_failure = execution;
    }
  }
}

bool cexploration_run(const cexploration_options *options, cexploration_result *result) {
  const uint32_t threads = options->threads;
  if (threads == 0 || threads > THREADS_LIMIT || options->iterations == 0) {
    errno = EINVAL;
    return false;
  }
  struct fiber_stacks stacks;
  if (!fiber_stacks_create(&stacks, threads, STACK_BYTES)) return false;
  struct fiber *fibers = calloc(threads, sizeof(*fibers));
  struct fiber **order = calloc(threads, sizeof(*order));
  const bool has_memory = fibers != NULL && order != NULL;
  if (has_memory) {
    struct world world = {.random_state = options->seed, .order = order, .iterations = options->iterations};
    for (uint32_t index = 0; index < threads; index++) {
      void *top = fiber_stack_top(&stacks, index);
      void (*entry)(void *) = options->is_spte_written_first ? run_mutant : run_model;
      fibers[index] = (struct fiber){fiber_prepare(top, entry, &fibers[index]), &world};
      order[index] = &fibers[index];
    }
    *result = (cexploration_result){.executions = options->executions};
    const uint64_t start = now_ns();
    explore(&world, threads, options->executions, result);
    result->elapsed_ns = now_ns() - start;
    result->steps = world.steps;
  }
  free(order);
  free(fibers);
  fiber_stacks_destroy(&stacks);
  if (!has_memory) errno = ENOMEM;
  return has_memory;
}
