// Threads, their rounds, and the clock.
#define _GNU_SOURCE
#include "CBaseline.h"

#include <stdlib.h>
#include <time.h>

#include "mmu.h"
#include "spread.h"

struct run;

typedef struct {
  worker worker;
  pthread_t thread;
  uint32_t id;
  struct run *run;
  bool failed;
} runner;

typedef struct run {
  const cbaseline_options *options;
  mmu mmu;
  runner *runners;
  pthread_barrier_t gate;
  uint64_t start_ns;
  // Written by the first thread while the others stand at the gate.
  uint64_t rounds;
  bool is_over;
} run;

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static void carry_out(runner *self, const cbaseline_request *requests, size_t count) {
  mmu *mmu = &self->run->mmu;
  for (const cbaseline_request *request = requests; request != requests + count; request++) {
    if (request->kind == CBASELINE_ZAP) {
      mmu_zap(mmu, &self->worker, request->start, request->start + request->count);
    } else if (!mmu_fault(mmu, &self->worker, request->start, request->kind == CBASELINE_FAULT_PRIVATE)) {
      self->failed = true;
      return;
    }
  }
}

static const cbaseline_round *current_round(const run *run) {
  return &run->options->rounds[run->rounds % run->options->round_count];
}

// Takes the tables down and makes those of the next round. All threads stand at the gate.
static void build(run *run) {
  for (uint32_t i = 0; i < run->options->threads; i++) {
    worker *worker = &run->runners[i].worker;
    pool_reset(&worker->pool);
    worker->private_leaves = 0;
    worker->shared_leaves = 0;
  }
  runner *first = &run->runners[0];
  if (mmu_build(&run->mmu, &first->worker.pool)) {
    carry_out(first, current_round(run)->populated, current_round(run)->populated_count);
  } else {
    first->failed = true;
  }
  for (uint32_t i = 0; i < run->options->threads; i++) run->is_over |= run->runners[i].failed;
}

// Ends the round: the run as well once its time is over, with the tables of its last round left for the count.
static void end_round(run *run) {
  run->rounds++;
  run->is_over = (double)(now_ns() - run->start_ns) >= run->options->seconds * 1e9;
  if (!run->is_over) build(run);
}

static void *race(void *argument) {
  runner *self = argument;
  run *run = self->run;
  size_t count = run->options->requests_per_thread;
  if (self->id == 0) build(run);
  for (;;) {
    pthread_barrier_wait(&run->gate);
    if (run->is_over) return NULL;
    carry_out(self, current_round(run)->raced + self->id * count, count);
    pthread_barrier_wait(&run->gate);
    if (self->id == 0) end_round(run);
  }
}

static void collect(run *run, cbaseline_result *result) {
  result->rounds = run->rounds;
  result->operations = run->rounds * run->options->threads * run->options->requests_per_thread;
  result->mirror_leaves = leaves(run->mmu.mirror_root, ROOT_LEVEL);
  result->external_leaves = external_leaves(run->mmu.external_root, ROOT_LEVEL);
  result->direct_leaves = leaves(run->mmu.direct_root, ROOT_LEVEL);
  for (uint32_t i = 0; i < run->options->threads; i++) {
    result->private_leaves += run->runners[i].worker.private_leaves;
    result->shared_leaves += run->runners[i].worker.shared_leaves;
    result->retries += run->runners[i].worker.retries;
  }
}

bool cbaseline_run(const cbaseline_options *options, cbaseline_result *result) {
  *result = (cbaseline_result){0};
  runner *runners = aligned_alloc(64, sizeof(runner) * options->threads);
  if (!runners) return false;
  run run = {.options = options, .runners = runners};
  mmu_init(&run.mmu, options->prefer_writers);
  pthread_barrier_init(&run.gate, NULL, options->threads);
  // Before the first thread looks at the others'.
  for (uint32_t i = 0; i < options->threads; i++) runners[i] = (runner){.id = i, .run = &run};
  run.start_ns = now_ns();
  for (uint32_t i = 0; i < options->threads; i++) {
    // A thread that stands at the gate cannot be called back, so a failure here ends the program.
    if (pthread_create(&runners[i].thread, NULL, race, &runners[i]) != 0) abort();
    spread(runners[i].thread, i);
  }
  bool ok = true;
  for (uint32_t i = 0; i < options->threads; i++) {
    pthread_join(runners[i].thread, NULL);
    ok = ok && !runners[i].failed;
  }
  result->elapsed_ns = now_ns() - run.start_ns;
  if (ok) collect(&run, result);
  for (uint32_t i = 0; i < options->threads; i++) pool_release(&runners[i].worker.pool);
  pthread_barrier_destroy(&run.gate);
  pthread_rwlock_destroy(&run.mmu.mmu_lock);
  free(runners);
  return ok;
}

uint64_t cbaseline_map_all(uint64_t guest_gfns) {
  worker worker = {0};
  mmu mmu;
  mmu_init(&mmu, false);
  bool ok = mmu_build(&mmu, &worker.pool);
  for (uint64_t gfn = 0; ok && gfn < guest_gfns; gfn++) ok = mmu_fault(&mmu, &worker, gfn, true);
  pthread_rwlock_destroy(&mmu.mmu_lock);
  pool_release(&worker.pool);
  return ok ? worker.private_leaves : 0;
}
