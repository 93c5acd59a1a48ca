// The mainline protocol's shared-lock map and exclusive zap of 4K leaves, and nothing else.
#define _GNU_SOURCE
#include "mmu.h"

#include <sched.h>

void mmu_init(mmu *mmu, bool prefer_writers) {
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  if (prefer_writers) pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  pthread_rwlock_init(&mmu->mmu_lock, &attributes);
  pthread_rwlockattr_destroy(&attributes);
}

bool mmu_build(mmu *mmu, pool *pool) {
  mmu->mirror_root = pool_take(pool, NONPRESENT);
  mmu->external_root = pool_take(pool, EXTERNAL_FREE);
  mmu->direct_root = pool_take(pool, NONPRESENT);
  return mmu->mirror_root && mmu->external_root && mmu->direct_root;
}

// Each external change finds its entry from the root, as each SEAMCALL does.
static uint64_t *external_slot(const mmu *mmu, uint64_t gfn, int level) {
  uint64_t *table = mmu->external_root;
  for (int at = ROOT_LEVEL; at > level; at--) table = entry_table(load(&table[entry_index(gfn, at)]));
  return &table[entry_index(gfn, level)];
}

// Freeze, external store, final store.
static bool set_mirror(mmu *mmu, uint64_t gfn, int level, uint64_t *slot, uint64_t new, uint64_t external) {
  if (!try_cmpxchg(slot, NONPRESENT, FROZEN)) return false;
  store(external_slot(mmu, gfn, level), external);
  store(slot, new);
  return true;
}

enum step { DONE, RETRY, NO_MEMORY };

// Makes the table below `slot`. `entry` becomes the entry that links it.
static enum step link_table(
    mmu *mmu, worker *worker, uint64_t gfn, int level, uint64_t *slot, bool is_private, uint64_t *entry) {
  uint64_t *table = pool_take(&worker->pool, NONPRESENT);
  if (!table) return NO_MEMORY;
  *entry = (uint64_t)(uintptr_t)table | PRESENT;
  if (!is_private) {
    if (try_cmpxchg(slot, NONPRESENT, *entry)) return DONE;
  } else {
    uint64_t *external = pool_take(&worker->pool, EXTERNAL_FREE);
    if (!external) return NO_MEMORY;
    if (set_mirror(mmu, gfn, level, slot, *entry, (uint64_t)(uintptr_t)external | EXTERNAL_PRESENT)) return DONE;
    pool_give(&worker->pool, external);
  }
  pool_give(&worker->pool, table);
  return RETRY;
}

static enum step map_locked(mmu *mmu, worker *worker, uint64_t gfn, bool is_private) {
  uint64_t *table = is_private ? mmu->mirror_root : mmu->direct_root;
  for (int level = ROOT_LEVEL; level > 1; level--) {
    uint64_t *slot = &table[entry_index(gfn, level)];
    uint64_t entry = load(slot);
    if (!(entry & PRESENT)) {
      if (entry == FROZEN) return RETRY;
      enum step step = link_table(mmu, worker, gfn, level, slot, is_private, &entry);
      if (step != DONE) return step;
    }
    table = entry_table(entry);
  }
  uint64_t *slot = &table[entry_index(gfn, 1)];
  uint64_t entry = load(slot), leaf = gfn << 12 | PRESENT;
  if (entry & PRESENT) return DONE;
  if (entry == FROZEN) return RETRY;
  if (is_private) {
    if (!set_mirror(mmu, gfn, 1, slot, leaf, gfn << 12 | EXTERNAL_PRESENT)) return RETRY;
    worker->private_leaves++;
  } else {
    if (!try_cmpxchg(slot, NONPRESENT, leaf)) return RETRY;
    worker->shared_leaves++;
  }
  return DONE;
}

bool mmu_fault(mmu *mmu, worker *worker, uint64_t gfn, bool is_private) {
  for (;;) {
    pthread_rwlock_rdlock(&mmu->mmu_lock);
    enum step step = map_locked(mmu, worker, gfn, is_private);
    pthread_rwlock_unlock(&mmu->mmu_lock);
    if (step != RETRY) return step == DONE;
    worker->retries++;
    // With more threads than cores the owner of a frozen entry may be off its core: spinning would only keep it there.
    sched_yield();
  }
}

static uint64_t *leaf_table(const mmu *mmu, uint64_t gfn) {
  uint64_t *table = mmu->mirror_root;
  for (int level = ROOT_LEVEL; level > 1; level--) {
    uint64_t entry = load(&table[entry_index(gfn, level)]);
    if (!(entry & PRESENT)) return NULL;
    table = entry_table(entry);
  }
  return table;
}

void mmu_zap(mmu *mmu, worker *worker, uint64_t first, uint64_t end) {
  pthread_rwlock_wrlock(&mmu->mmu_lock);
  uint64_t *table = leaf_table(mmu, first);
  for (uint64_t gfn = first; gfn < end; gfn++) {
    size_t index = entry_index(gfn, 1);
    if (index == 0) table = leaf_table(mmu, gfn);
    if (!table || !(load(&table[index]) & PRESENT)) continue;
    store(&table[index], NONPRESENT);
    store(external_slot(mmu, gfn, 1), EXTERNAL_FREE);
    worker->private_leaves--;
  }
  pthread_rwlock_unlock(&mmu->mmu_lock);
}
