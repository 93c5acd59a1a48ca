// The work of a soak with nothing watching: what the tool's operations per second are measured against.
//
// Threads fault and zap a mirrored page table as the mainline protocol does (walk, mmu_lock, freeze, external store,
// final store) in rounds, as a soak does: populate, race, meet at a barrier, take the tables down. No checker, no
// events, no schedule points, no locks inside the external table, no grace periods, no look at the attributes, no
// yields. What is left out makes the baseline faster, so the ratio errs against the tool.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  // Of one gfn: in the mirror root and the external table, or with a single cmpxchg in the direct root.
  CBASELINE_FAULT_PRIVATE,
  CBASELINE_FAULT_SHARED,
  // Of the private leaves of `count` gfns.
  CBASELINE_ZAP,
};

typedef struct {
  uint64_t start;
  uint32_t count;
  uint32_t kind;
} cbaseline_request;

typedef struct {
  // Carried out by one thread before the race.
  const cbaseline_request *populated;
  size_t populated_count;
  // requests_per_thread of each thread, one thread's after the other's.
  const cbaseline_request *raced;
} cbaseline_round;

typedef struct {
  uint32_t threads;
  uint32_t requests_per_thread;
  // Taken in turn, and again from the first, until the time is over: a run ends after a whole round.
  const cbaseline_round *rounds;
  size_t round_count;
  double seconds;
  // mmu_lock starves no writer. glibc's lock by default does, and is the faster for it.
  bool prefer_writers;
} cbaseline_options;

typedef struct {
  // From before the threads start to the end of the last round, what is between two rounds included.
  uint64_t elapsed_ns;
  uint64_t rounds;
  // Raced requests; those that populate do not count.
  uint64_t operations;
  uint64_t retries;
  // Of the last round, whose tables were left standing: leaves by what the threads did ...
  uint64_t private_leaves;
  uint64_t shared_leaves;
  // ... and by what the tables hold, counted after the clock stopped. A difference is a bug of the baseline.
  uint64_t mirror_leaves;
  uint64_t external_leaves;
  uint64_t direct_leaves;
} cbaseline_result;

// False when memory could not be had.
bool cbaseline_run(const cbaseline_options *options, cbaseline_result *result);

// Maps every 4K page of a guest from one thread and lets the tables go again: their size is the least that any model
// of both trees needs. Returns the number of leaves, 0 when memory ran out.
uint64_t cbaseline_map_all(uint64_t guest_gfns);

// Puts the threads that another library of this process has started on the processors in turn, as cbaseline_run does
// with its own. The main thread and the caller stay where they are.
void cbaseline_spread_others(void);

// Counts per second of threads that share nothing, spread as above: what the machine itself gives just now.
double cbaseline_count(uint32_t threads, double seconds);
