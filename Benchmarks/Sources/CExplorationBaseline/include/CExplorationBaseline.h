// The ceiling of exploration: what is left of an explorer when it does nothing but explore.
//
// Fibers run the common model on CFibers, each atomic access is a step, and before each step the next fiber is drawn
// uniformly from those that live. At the end of an execution the model's assertion is evaluated. Nothing is recorded,
// hashed or checked besides, memory is accessed without atomic instructions (only one fiber runs at a time), and the
// fibers are never prepared anew: at its end a thread of the model waits for the next execution.
//
// The model: threads share one SPTE and one external word, both 0 (not present) at first. Each thread, `iterations`
// times, loads the SPTE. FROZEN: next iteration. Not present: cmpxchg to FROZEN; if it won, external := PRESENT, then
// SPTE := PRESENT. PRESENT: cmpxchg to FROZEN; if it won, external := 0, then SPTE := 0. At the end the SPTE is not
// FROZEN and equals the external word.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  // 1 to 65536.
  uint32_t threads;
  uint32_t iterations;
  uint64_t executions;
  uint64_t seed;
  // The mutant: the SPTE is written before the external word.
  bool is_spte_written_first;
} cexploration_options;

typedef struct {
  uint64_t executions;
  // Atomic accesses of all executions; as many draws were made.
  uint64_t steps;
  // Executions that broke the assertion, and the number, from 1, of the first of them; 0 when there is none.
  uint64_t failures;
  uint64_t first_failure;
  // Without the making of the stacks.
  uint64_t elapsed_ns;
} cexploration_result;

// Returns false, with errno set, when the options are out of range or memory could not be had.
bool cexploration_run(const cexploration_options *options, cexploration_result *result);
