// The fault and the zap, and what they share.
#pragma once

#include <pthread.h>

#include "tables.h"

// The lock has a cache line of its own: every operation writes it, and the roots beside it are only read.
typedef struct {
  _Alignas(64) pthread_rwlock_t mmu_lock;
  _Alignas(64) uint64_t *mirror_root;
  uint64_t *external_root;
  uint64_t *direct_root;
} mmu;

// One cache line a thread, so that counting costs no sharing.
typedef struct {
  _Alignas(64) pool pool;
  // Leaves added less leaves removed.
  uint64_t private_leaves, shared_leaves;
  uint64_t retries;
} worker;

void mmu_init(mmu *mmu, bool prefer_writers);
// Empty roots. False when memory ran out, as below.
bool mmu_build(mmu *mmu, pool *pool);
bool mmu_fault(mmu *mmu, worker *worker, uint64_t gfn, bool is_private);
void mmu_zap(mmu *mmu, worker *worker, uint64_t first, uint64_t end);
