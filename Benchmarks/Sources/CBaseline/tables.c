// Tables come from large mappings, because a round trip through malloc per table is not what is measured.
#define _GNU_SOURCE
#include "tables.h"

#include <sys/mman.h>

#define CHUNK_TABLES 256

struct chunk {
  struct chunk *next;
  // Keeps the tables page-aligned: the low bits of their addresses are entry bits.
  _Alignas(4096) uint64_t tables[CHUNK_TABLES][ENTRIES];
};

static bool next_chunk(pool *pool) {
  struct chunk **link = pool->current ? &pool->current->next : &pool->first;
  if (!*link) {
    void *memory = mmap(NULL, sizeof(struct chunk), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    *link = memory;
  }
  pool->current = *link;
  pool->left = CHUNK_TABLES;
  return true;
}

uint64_t *pool_take(pool *pool, uint64_t fill) {
  uint64_t *table = pool->spare;
  if (table) {
    pool->spare = entry_table(table[0]);
  } else {
    if (pool->left == 0 && !next_chunk(pool)) return NULL;
    table = pool->current->tables[--pool->left];
  }
  for (size_t i = 0; i < ENTRIES; i++) table[i] = fill;
  return table;
}

void pool_give(pool *pool, uint64_t *table) {
  table[0] = (uint64_t)(uintptr_t)pool->spare;
  pool->spare = table;
}

void pool_reset(pool *pool) {
  pool->current = pool->first;
  pool->left = pool->first ? CHUNK_TABLES : 0;
  pool->spare = NULL;
}

void pool_release(pool *pool) {
  while (pool->first) {
    struct chunk *next = pool->first->next;
    munmap(pool->first, sizeof(struct chunk));
    pool->first = next;
  }
}

uint64_t leaves(const uint64_t *table, int level) {
  uint64_t count = 0;
  for (size_t i = 0; i < ENTRIES; i++) {
    if (!(table[i] & PRESENT)) continue;
    count += level == 1 ? 1 : leaves(entry_table(table[i]), level - 1);
  }
  return count;
}

uint64_t external_leaves(const uint64_t *table, int level) {
  uint64_t count = 0;
  for (size_t i = 0; i < ENTRIES; i++) {
    if (table[i] == EXTERNAL_FREE) continue;
    count += level == 1 ? 1 : external_leaves(entry_table(table[i]), level - 1);
  }
  return count;
}
