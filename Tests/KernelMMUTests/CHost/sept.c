// A TDX module of states: what may follow what, and nothing of epochs or keys.
#include "host.h"

#include <string.h>

#define OPERAND_BUSY 0x8000020000000000ULL
#define WALK_FAILED 0xC0000B0000000000ULL
#define STATE_INCORRECT 0xC0000B0D00000000ULL

// Leaf numbers are part of the TDX module's ABI.
enum {
  MEM_PAGE_ADD = 2, MEM_SEPT_ADD = 3, MEM_PAGE_AUG = 6, MEM_RANGE_BLOCK = 7, MNG_KEY_FREEID = 20,
  PHYMEM_PAGE_RECLAIM = 28, MEM_PAGE_REMOVE = 29, MEM_TRACK = 38,
};

static bool change(struct khost *host, uint64_t gfn, uint64_t from, uint64_t to) {
  uint64_t seen = __atomic_load_n(&host->sept[gfn], __ATOMIC_SEQ_CST);
  if ((seen & 3) != from) return false;
  uint64_t value = (to == KHOST_SEPT_BLOCKED ? seen & ~3ULL : 0) | to;
  return __atomic_compare_exchange_n(&host->sept[gfn], &seen, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

uint64_t khost_seamcall(void *context, uint64_t leaf, struct stress_registers *registers, const void *where) {
  struct host_task *task = context;
  struct khost *host = task->host;
  uint64_t gfn = registers->rcx >> 12, pfn = registers->r8 >> 12;
  // The level stands in the low bits of the gpa, 0 for 4K.
  uint32_t level = (registers->rcx & 7) + 1;
  khost_guard_close(host);
  if (host->fibers) khost_fiber_point(task);
  if (leaf < LEAVES && host->busy[leaf]) {
    host->busy[leaf]--;
    khost_log(host, (struct khost_event){.kind = KHOST_SEAMCALL, .what = leaf, .level = level, .gfn = gfn,
                                         .value = OPERAND_BUSY});
    return OPERAND_BUSY;
  }
  uint64_t status = 0;
  switch (leaf) {
  case MEM_SEPT_ADD: {
    uint8_t *linked = &host->sept_linked[level][gfn >> (9 * (level - 1))];
    // The entries of level 4 stand in the TD's own root.
    bool has_parent = level >= 4 || host->sept_linked[level + 1][gfn >> (9 * level)];
    if (!has_parent)
      status = WALK_FAILED;
    else if (__atomic_exchange_n(linked, 1, __ATOMIC_SEQ_CST))
      status = STATE_INCORRECT;
    else
      __atomic_fetch_add(&host->sept_tables, 1, __ATOMIC_SEQ_CST);
    break;
  }
  case MEM_PAGE_ADD:
  case MEM_PAGE_AUG:
    if (!host->sept_linked[2][gfn >> 9]) {
      status = WALK_FAILED;
    } else {
      uint64_t free = KHOST_SEPT_FREE;
      if (!__atomic_compare_exchange_n(&host->sept[gfn], &free, pfn << 2 | KHOST_SEPT_MAPPED, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        status = STATE_INCORRECT;
    }
    break;
  case MEM_RANGE_BLOCK:
    if (!change(host, gfn, KHOST_SEPT_MAPPED, KHOST_SEPT_BLOCKED)) status = STATE_INCORRECT;
    break;
  case MEM_PAGE_REMOVE:
    if (!change(host, gfn, KHOST_SEPT_BLOCKED, KHOST_SEPT_FREE)) status = STATE_INCORRECT;
    break;
  case MNG_KEY_FREEID:
    for (uint32_t below = 1; below < 6; below++)
      memset(host->sept_linked[below], 0, (host->options.guest_pages >> (9 * (below - 1))) + 1);
    break;
  case PHYMEM_PAGE_RECLAIM: __atomic_fetch_sub(&host->sept_tables, 1, __ATOMIC_SEQ_CST); break;
  }
  khost_log(host, (struct khost_event){.kind = KHOST_SEAMCALL, .what = leaf, .level = level, .gfn = gfn,
                                       .old = pfn, .value = status, .where = where});
  return status;
}

void khost_make_busy(struct khost *host, uint64_t leaf, uint32_t count) { host->busy[leaf] = count; }
uint32_t khost_sept_state(const struct khost *host, uint64_t gfn, uint64_t *pfn) {
  if (pfn) *pfn = host->sept[gfn] >> 2;
  return host->sept[gfn] & 3;
}
uint64_t khost_sept_tables(const struct khost *host) { return host->sept_tables; }
