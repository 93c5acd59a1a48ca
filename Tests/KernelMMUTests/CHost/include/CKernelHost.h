// A small host for kernels under test: locks that spin, RCU by epochs, a FIFO of pages, a TDX module of states. Plain
// enough to be read beside a failing test, and fast enough for threads.
#pragma once

#include "CKernelABI.h"

#include <stddef.h>

struct khost;

enum khost_event_kind {
  KHOST_ACCESS,
  KHOST_SEAMCALL,
  KHOST_LOCK,
  KHOST_UNLOCK,
  KHOST_FLUSH,
  KHOST_REQUEST,
  KHOST_TABLE,
  KHOST_PAGE_FREED,
};

struct khost_event {
  uint32_t kind;
  // Access kind, SEAMCALL leaf, lock kind and so on.
  uint32_t what;
  uint32_t level;
  uint64_t gfn;
  uint64_t old;
  uint64_t value;
  const void *where;
};

struct khost_options {
  uint64_t guest_pages;
  uint64_t arena_pages;
  uint32_t tasks;
  uint8_t private_level;
  uint8_t shared_level;
  bool is_td;
  bool nx_huge_pages;
  bool proves_mmu;
  // Linked page tables can be touched only right after a schedule point for them. One task only.
  bool guards_tables;
  // Every schedule point calls the host; otherwise one in 4096.
  bool stops_at_points;
  bool logs;
};

// NULL if memory cannot be had.
struct khost *khost_create(const struct stress_kernel *kernel, const struct khost_options *options);
void khost_destroy(struct khost *host);

// The world as khost_create() made it: no VM, nothing allocated.
void khost_reset(struct khost *host);

struct stress_world *khost_world(struct khost *host);
struct stress_task *khost_task(struct khost *host, uint32_t task);

uint64_t khost_points(const struct khost *host, uint32_t task);
// Violations so far, and the first of them.
uint32_t khost_violations(const struct khost *host, struct stress_violation *first);
void khost_forget_violations(struct khost *host);
// Touches of a linked table that no schedule point announced.
uint32_t khost_unannounced(const struct khost *host);
// Accesses told of whose schedule point was not the last one before them.
uint32_t khost_misplaced(const struct khost *host);

uint32_t khost_events(const struct khost *host, const struct khost_event **events);
void khost_clear_events(struct khost *host);

// The next `count` SEAMCALLs of a leaf answer TDX_OPERAND_BUSY.
void khost_make_busy(struct khost *host, uint64_t leaf, uint32_t count);
// How the TDX module sees a gfn.
enum { KHOST_SEPT_FREE, KHOST_SEPT_MAPPED, KHOST_SEPT_BLOCKED };
uint32_t khost_sept_state(const struct khost *host, uint64_t gfn, uint64_t *pfn);
// S-EPT pages that the module has not given back.
uint64_t khost_sept_tables(const struct khost *host);

// Pages and objects in the kernel's hands.
uint64_t khost_live_pages(const struct khost *host);
uint64_t khost_live_objects(const struct khost *host);
// The answers to need_resched() and rwlock_needbreak(): yes one time in `every`, never for 0.
void khost_ask_every(struct khost *host, uint32_t every);
// Lifts or restores the protection of linked tables, for a look at them.
void khost_open_tables(struct khost *host, bool open);

// A hash of all that the kernel's shared object can write to: its globals.
uint64_t khost_globals(const struct khost *host);

struct khost_figures {
  uint64_t operations;
  uint64_t points;
  uint64_t retries;
  double seconds;
};
// `threads` pthreads at random operations for `seconds`.
struct khost_figures khost_run_threads(struct khost *host, uint32_t threads, double seconds, uint64_t seed);
// `schedules` episodes of `fibers` tasks on this thread, each at `operations` random operations on a few pages,
// switched at random at every schedule point, after khost_reset(). `hash` is of all accesses, in the order in which
// they happened. With `abandon_at` not 0 each episode is left for good after so many points, and the world is made
// anew.
struct khost_schedule_figures {
  uint64_t hash;
  uint64_t points;
  uint64_t switches;
  double seconds;
  // A schedule that did not end: every task waited for another, or some went round in circles.
  bool deadlock;
};
struct khost_schedule_figures khost_run_fibers(
    struct khost *host, uint32_t fibers, uint32_t operations, uint32_t schedules, uint64_t seed, uint64_t abandon_at);

// One task maps and zaps as fast as it can.
struct khost_figures khost_run_maps(struct khost *host, double seconds);
