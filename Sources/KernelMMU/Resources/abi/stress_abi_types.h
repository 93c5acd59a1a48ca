// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The numbers and records of the ABI between host and kernel. See stress_abi.h.
#pragma once

// The kernel side has its own basic types by the time it gets here.
#ifndef STRESS_KERNEL_SIDE
#include <stdbool.h>
#include <stdint.h>
#endif

enum { STRESS_ABI_VERSION = 6 };
// An object that the host allocates: the kernel's header of a page table is the only kind.
enum { STRESS_OBJECT_BYTES = 512 };

struct stress_world;
struct stress_task;

// The schedule point of CAtomics: what every access counts down before it happens.
struct stress_point {
  int64_t countdown;
  void (*reached)(struct stress_point *point, uint32_t kind, const volatile void *address);
};

// As `enum schedule_kind` of CAtomics, and what stands beside a kind. In the bits from 8 up: the size of an access, 0
// for the 8 bytes of a word.
enum {
  STRESS_POINT_KIND_MASK = 0x7f,
  // Races with it are meant: data_race().
  STRESS_POINT_EXEMPT = 0x80,
};
enum {
  STRESS_POINT_LOAD,
  STRESS_POINT_STORE,
  STRESS_POINT_RMW,
  STRESS_POINT_FENCE,
  STRESS_POINT_RELAX,
  STRESS_POINT_LOCK,
  STRESS_POINT_UNLOCK,
  STRESS_POINT_SEAMCALL,
  STRESS_POINT_LOCK_SHARED,
  STRESS_POINT_UNLOCK_SHARED,
  STRESS_POINT_LOST,
  // An access that is not annotated, in a kernel built with plain accesses.
  STRESS_POINT_PLAIN_LOAD = 16,
  STRESS_POINT_PLAIN_STORE,
};

enum {
  STRESS_ACCESS_READ,
  STRESS_ACCESS_STORE,
  STRESS_ACCESS_CMPXCHG,
  // `old` is what was expected, `value` what was there.
  STRESS_ACCESS_CMPXCHG_LOST,
  STRESS_ACCESS_XCHG,
  STRESS_ACCESS_FETCH_AND,
  // A store that overwrote a writable or dirty bit which was set since the task has read the entry.
  STRESS_ACCESS_STORE_BLIND,
};

enum { STRESS_LOCK_MMU = 1, STRESS_LOCK_PAGES, STRESS_LOCK_SLOTS, STRESS_LOCK_OTHER };
enum { STRESS_MODE_READ = 1, STRESS_MODE_WRITE = 2 };
struct stress_lock {
  uint32_t kind;
  uint32_t words[7];
};

enum { STRESS_ASK_RESCHED, STRESS_ASK_NEEDBREAK, STRESS_ASK_EVENTS };

// `struct rcu_head`: `next` is the host's while the callback is deferred.
struct stress_rcu_head {
  struct stress_rcu_head *next;
  void (*function)(struct stress_rcu_head *head);
};

enum { STRESS_PAGE_TABLE, STRESS_PAGE_EXTERNAL, STRESS_PAGE_OTHER };

// What stands in memory that was allocated without __GFP_ZERO until it is written: no SPTE and no pointer. Neither a
// processor nor KVM takes it for present, so that a walk's fast path need not look for it.
#define STRESS_UNWRITTEN 0x5bb50badf00d0400ULL
// A page's state: not allocated. Its kind: the TDX module's own, which KVM cannot read.
enum { STRESS_PAGE_FREE = 0, STRESS_PAGE_MODULES = 3 };
enum { STRESS_PAGE_STRIDE = 64 };
// The shadow of an address stands at its eighth part plus this; other bytes than 0 there have an access asked about.
enum { STRESS_SHADOW_OFFSET = 0x7fff8000 };

struct stress_table {
  void *page;
  void *object;
  uint64_t gfn;
  // The entry that will point here, NULL for a root.
  uint64_t *parent;
  uint32_t level;
  bool is_mirror;
};

// RCX, RDX and R8 to R11.
struct stress_registers {
  uint64_t rcx, rdx, r8, r9, r10, r11;
};

enum { STRESS_REQUEST_KICK, STRESS_REQUEST_FREE_ROOTS, STRESS_REQUEST_TLB_FLUSH, STRESS_REQUEST_VM_DEAD };
// What stands beside it: KVM_REQUEST_WAIT.
enum { STRESS_REQUEST_MASK = 0xff, STRESS_REQUEST_WAIT = 0x100 };

enum {
  // WARN_ON() and its kind: the kernel goes on.
  STRESS_VIOLATION_WARN,
  // KVM_BUG_ON(): the VM is dead, the kernel goes on.
  STRESS_VIOLATION_KVM_BUG,
  // BUG(): the kernel cannot go on, so the host must not return.
  STRESS_VIOLATION_BUG,
  // A lock assertion, or a lock taken or left out of order.
  STRESS_VIOLATION_LOCK,
  // rcu_dereference() outside a read section, or sleeping inside one.
  STRESS_VIOLATION_RCU,
  // A page or object that is not what the kernel takes it for.
  STRESS_VIOLATION_MEMORY,
};

struct stress_violation {
  uint32_t kind;
  uint32_t line;
  // Relative to the tree, or a shim file by name.
  const char *file;
  const char *function;
  const char *text;
};

enum {
  // An access of kernel code to what is not allocated, or not its own: `address`, `bytes` and `is_write`.
  STRESS_FINDING_ACCESS,
  // The object at `address` is freed, and stands on the list that `text` names.
  STRESS_FINDING_LISTED,
};

struct stress_finding {
  uint32_t kind;
  uint32_t bytes;
  uint64_t address;
  bool is_write;
  // Whose memory it is where the host cannot know, or what is wrong; NULL otherwise.
  const char *text;
  const void *where;
};

// What an audit of the kernel's lists, tables and references has come upon.
struct stress_audit {
  // The page table's header that it is about, NULL for none.
  const void *object;
  char expected[160];
  char seen[160];
};

enum { STRESS_TRACE_SPTE_CHANGED, STRESS_TRACE_TABLE_REMOVED, STRESS_TRACE_SPLIT };

struct stress_world_config {
  // The arena of page-table pages: `arena_pages` of 4096 bytes, the first of them with pfn `first_pfn`.
  void *arena;
  uint64_t arena_pages;
  uint64_t first_pfn;
  // One word a page of the arena.
  uint64_t *page_private;
  // Where object_alloc() takes its memory from: plain accesses to it are schedule points, as are those to the world
  // and the arena.
  void *objects;
  uint64_t objects_bytes;
  // What the host says of a page of the arena: two bytes, each STRESS_PAGE_STRIDE after that of the page before. And of
  // an object: how many of its bytes may be accessed, 0 where there is none; of those from `*object_count` on there is
  // none whatever stands there. NULL where accesses are not to be looked at.
  const uint8_t *page_states, *page_kinds;
  const uint16_t *object_sizes;
  const uint32_t *object_count;
  // Set by note_tracked() for a header; the host clears it with the object.
  bool *object_tracked;
  uint32_t object_stride;
  // The kernel's code looks at the shadow, and that of the world's memory may be written.
  bool has_shadow;
  // Nobody is to yield: need_resched() and rwlock_needbreak() need not be asked. NULL for never.
  const bool *quiet;
  // 4K pages of guest memory, a multiple of 512.
  uint64_t guest_pages;
  uint32_t vcpus;
  // Largest level that private and shared memory may be mapped with: 1 for 4K, 2 for 2M.
  uint8_t private_level;
  uint8_t shared_level;
  // A TD; otherwise a VM with a direct root alone.
  bool is_td;
  // The mitigation for which executable memory is mapped by 4K pages.
  bool nx_huge_pages;
  // CONFIG_KVM_PROVE_MMU where the kernel asks for it while it runs.
  bool proves_mmu;
};

enum { STRESS_FAULT_RETRY, STRESS_FAULT_FIXED, STRESS_FAULT_SPURIOUS, STRESS_FAULT_OTHER };

struct stress_fault {
  uint64_t gfn;
  // Backing memory, at the same offset within a huge page as the gfn.
  uint64_t pfn;
  bool is_private;
  bool write;
  bool exec;
  // The entry was present when the processor looked: a candidate for fast_page_fault().
  bool present;
  bool prefetch;
  bool map_writable;
  // Level with which the memory's owner maps it, 0 for the largest that the world has.
  uint8_t max_level;
  // Out: the level that was mapped or aimed at.
  uint8_t level;
};

// What a processor's walk came to: it set bits, or they were set, or it may not access the page.
enum { STRESS_TOUCH_SET, STRESS_TOUCH_KEPT, STRESS_TOUCH_FAULT };

enum { STRESS_FILTER_SHARED = 1, STRESS_FILTER_PRIVATE = 2 };

enum { STRESS_MAX_LEVEL = 5 };
struct stress_step {
  uint64_t *entry;
  uint64_t value;
  uint32_t level;
};

struct stress_root {
  uint64_t *table;
  void *object;
  uint32_t level;
  uint32_t references;
  bool is_mirror;
  bool is_invalid;
};

struct stress_statistics {
  // Leaf entries by level, 4K first.
  int64_t pages[3];
  // Page tables that are linked; -1 where the kernel does not count them.
  int64_t tables;
  uint64_t nx_splits;
  uint64_t flushes;
};

// What of one function ran so many times: an array of counters, whose meaning the compiler's notes of the unit tell.
struct stress_counters {
  // A path that ends in the unit's name, with an ending of its own.
  const char *unit;
  // The function's number in the unit.
  uint32_t ident;
  // Of its place in the source, and of its control flow.
  uint32_t place_checksum;
  uint32_t flow_checksum;
  uint64_t count;
  uint64_t *values;
};
