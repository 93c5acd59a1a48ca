// Entries of the trees, and the memory that their tables come from.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRIES 512
#define ROOT_LEVEL 4
#define NONPRESENT (1ull << 63)
#define FROZEN (NONPRESENT | 0x1a0)
#define PRESENT (1ull << 11)
#define ADDRESS 0x000ffffffffff000ull
#define EXTERNAL_FREE 0ull
#define EXTERNAL_PRESENT 7ull

// Tables of one thread, so that an allocation meets no other thread. Its memory is kept from round to round.
typedef struct {
  struct chunk *first, *current;
  size_t left;
  // Tables whose parent entry was won by another thread, linked through their first entries.
  uint64_t *spare;
} pool;

// A table with every entry set to `fill`, NULL when memory ran out.
uint64_t *pool_take(pool *pool, uint64_t fill);
void pool_give(pool *pool, uint64_t *table);
// Every table is free again.
void pool_reset(pool *pool);
void pool_release(pool *pool);

// Leaves below a mirror or direct table, and below an external table.
uint64_t leaves(const uint64_t *table, int level);
uint64_t external_leaves(const uint64_t *table, int level);

static inline size_t entry_index(uint64_t gfn, int level) {
  return (gfn >> (9 * (level - 1))) & (ENTRIES - 1);
}

static inline uint64_t *entry_table(uint64_t entry) {
  return (uint64_t *)(uintptr_t)(entry & ADDRESS);
}

static inline uint64_t load(const uint64_t *slot) {
  return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static inline void store(uint64_t *slot, uint64_t value) {
  __atomic_store_n(slot, value, __ATOMIC_RELEASE);
}

static inline bool try_cmpxchg(uint64_t *slot, uint64_t old, uint64_t new) {
  return __atomic_compare_exchange_n(slot, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}
