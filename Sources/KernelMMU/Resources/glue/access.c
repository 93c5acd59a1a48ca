// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Schedule points, and the accesses that pass one: out of line, so that what the shim does for an access is not taken
// for accesses of the kernel's own. The return address says whose access it is.
//
// This file itself is never instrumented.
#include "glue.h"
#include "sane.h"

#define HERE __builtin_return_address(0)

static __always_inline void reach(
    struct stress_task *task, u32 kind, const volatile void *address, const void *caller) {
  if (unlikely(task->races_meant)) kind |= STRESS_POINT_EXEMPT;
  task->caller = caller;
  task->point->reached(task->point, kind, address);
  stress_set_current(task);
}

// The weights and the branch are those of CAtomics' schedule_point_pass().
static __always_inline void pass(
    struct stress_task *task, u32 kind, const volatile void *address, const void *caller) {
  task->point->countdown -= stress_weight(kind);
  if (unlikely(task->point->countdown <= 0)) reach(task, kind, address, caller);
}

noinline void stress_pass_point(u32 kind, const volatile void *address) {
  pass(stress_current(), kind, address, HERE);
}

noinline void stress_reached(struct stress_task *task, u32 kind, const volatile void *address) {
  task->caller = HERE;
  task->point->reached(task->point, kind, address);
  stress_set_current(task);
}

static __always_inline void tell(
    struct stress_task *task, u32 access, const volatile void *entry, u64 old, u64 value, const void *caller) {
  STRESS_TELL(task, accessed, access, (u64 *)entry, stress_as_host(old), stress_as_host(value), caller);
}

static __always_inline bool is_entry(const struct stress_task *task, const volatile void *address) {
  return (u64)address - task->arena < task->arena_bytes;
}

static noinline void follow(struct stress_task *task, const volatile void *address, bool is_write) {
  task->watches_walk = STRESS_ASK(task, walked, (const u64 *)address, is_write);
}
static __always_inline void walk(struct stress_task *task, const volatile void *address, bool is_write) {
  if (unlikely(task->watches_walk) && is_entry(task, address)) follow(task, address, is_write);
}

// A store over `old` loses a bit that others set without a lock, and that the task's last read has not met.
static __always_inline bool is_blind(const struct stress_task *task, const volatile void *entry, u64 old) {
  u64 seen = task->seen_value;
  return unlikely(old & ~seen & (STRESS_WRITABLE_BIT | STRESS_DIRTY_BIT)) && task->seen_entry == entry &&
         old & seen & STRESS_PRESENT_BIT;
}

// All but the schedule point, behind it.
static __always_inline u64 read(struct stress_task *task, const volatile void *address, const void *caller) {
  stress_look(task, (u64)address, 8, false, caller);
  u64 value = __atomic_load_n((const volatile u64 *)address, __ATOMIC_ACQUIRE);
  walk(task, address, false);
  task->seen_entry = address;
  task->seen_value = value;
  if (unlikely(!(value & STRESS_PRESENT_BIT) && value != STRESS_EMPTY_ENTRY) && is_entry(task, address))
    tell(task, STRESS_ACCESS_READ, address, value, value, caller);
  return value;
}
static noinline u64 reach_and_read(struct stress_task *task, const volatile void *address, const void *caller) {
  if (task->point->countdown <= 0) reach(task, STRESS_POINT_LOAD, address, caller);
  return read(task, address, caller);
}

// Walks read more than they do anything else: where nothing is to be told this calls nobody.
noinline u64 stress_read64(const volatile void *address) {
  struct stress_task *task = stress_current();
  u64 offset = (u64)address - task->arena;
  bool is_point = (task->point->countdown -= stress_weight(STRESS_POINT_LOAD)) <= 0;
  if (likely(!is_point && offset < task->arena_bytes && task->page_states && !task->watches_walk)) {
    u64 byte = offset / PAGE_SIZE * STRESS_PAGE_STRIDE;
    if (likely(task->page_states[byte] != STRESS_PAGE_FREE && task->page_kinds[byte] != STRESS_PAGE_MODULES)) {
      u64 value = __atomic_load_n((const volatile u64 *)address, __ATOMIC_ACQUIRE);
      if (likely(value & STRESS_PRESENT_BIT || value == STRESS_EMPTY_ENTRY)) {
        task->seen_entry = address;
        task->seen_value = value;
        return value;
      }
    }
  }
  return reach_and_read(task, address, HERE);
}

noinline void stress_write64(volatile void *address, u64 value) {
  struct stress_task *task = stress_current();
  pass(task, STRESS_POINT_STORE, address, HERE);
  stress_look(task, (u64)address, 8, true, HERE);
  if (!is_entry(task, address)) {
    __atomic_store_n((volatile u64 *)address, value, __ATOMIC_RELEASE);
    return;
  }
  // The load is the checkers', not the protocol's: what a plain store overwrites is what the store cannot tell.
  u64 old = __atomic_load_n((volatile u64 *)address, __ATOMIC_RELAXED);
  __atomic_store_n((volatile u64 *)address, value, __ATOMIC_RELEASE);
  walk(task, address, true);
  u32 access = is_blind(task, address, old) ? STRESS_ACCESS_STORE_BLIND : STRESS_ACCESS_STORE;
  tell(task, access, address, old, value, HERE);
}

// What a read-modify-write has met in memory that was allocated and not written since.
static __always_inline void look_at_old(
    struct stress_task *task, const volatile void *address, u64 old, const void *caller) {
  if (unlikely(old == STRESS_UNWRITTEN)) stress_bad_access(task, (u64)address, 8, false, caller);
}

noinline u64 stress_xchg64(volatile void *address, u64 value) {
  struct stress_task *task = stress_current();
  pass(task, STRESS_POINT_RMW, address, HERE);
  stress_look(task, (u64)address, 8, true, HERE);
  u64 old = __atomic_exchange_n((volatile u64 *)address, value, __ATOMIC_SEQ_CST);
  look_at_old(task, address, old, HERE);
  walk(task, address, true);
  if (is_entry(task, address)) tell(task, STRESS_ACCESS_XCHG, address, old, value, HERE);
  return old;
}

noinline bool stress_try_cmpxchg64(volatile void *address, u64 *old, u64 value) {
  struct stress_task *task = stress_current();
  pass(task, STRESS_POINT_RMW, address, HERE);
  stress_look(task, (u64)address, 8, true, HERE);
  u64 expected = *old, seen = expected;
  bool done = __atomic_compare_exchange_n(
      (volatile u64 *)address, &seen, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  if (unlikely(!done)) {
    look_at_old(task, address, seen, HERE);
    *old = seen;
    task->seen_entry = address;
    task->seen_value = seen;
    reach(task, STRESS_POINT_LOST, address, HERE);
  }
  walk(task, address, done);
  if (is_entry(task, address)) {
    if (likely(done))
      tell(task, STRESS_ACCESS_CMPXCHG, address, expected, value, HERE);
    else
      tell(task, STRESS_ACCESS_CMPXCHG_LOST, address, expected, seen, HERE);
  }
  return done;
}

noinline u64 stress_fetch_and64(volatile void *address, u64 mask) {
  struct stress_task *task = stress_current();
  pass(task, STRESS_POINT_RMW, address, HERE);
  stress_look(task, (u64)address, 8, true, HERE);
  u64 old = __atomic_fetch_and((volatile u64 *)address, mask, __ATOMIC_SEQ_CST);
  look_at_old(task, address, old, HERE);
  walk(task, address, true);
  if (is_entry(task, address)) tell(task, STRESS_ACCESS_FETCH_AND, address, old, old & mask, HERE);
  return old;
}

// What the kernel asks of its task so often that each look at it would be a few more accesses.

bool stress_ask(u32 question) {
  struct stress_task *task = stress_current();
  if (question != STRESS_ASK_EVENTS && task->quiet && *task->quiet) return false;
  return STRESS_ASK(task, ask, question);
}
void stress_trace(u32 event, u64 gfn, u32 level, u64 old, u64 value) {
  STRESS_TELL(stress_current(), trace, event, gfn, level, old, value);
}

struct page *stress_page_of(u64 pfn) {
  const struct stress_task *task = stress_current();
  return (struct page *)((u64)task->pages + (pfn - task->first_pfn) * sizeof(struct page));
}
u64 stress_pfn_of(const struct page *page) {
  const struct stress_task *task = stress_current();
  return task->first_pfn + (u64)((s64)((u64)page - (u64)task->pages) / (s64)sizeof(struct page));
}
phys_addr_t stress_pa(u64 address) {
  const struct stress_task *task = stress_current();
  return address - task->arena + (task->first_pfn << PAGE_SHIFT);
}
void *stress_va(phys_addr_t address) {
  const struct stress_task *task = stress_current();
  return (void *)(address - (task->first_pfn << PAGE_SHIFT) + task->arena);
}
