// The schedule point: where a task's backend may take control away from it.
//
// Every shared access passes one before it happens. Threads are paused there, fibers switched, and a kernel file that
// is compiled in userspace reaches the same ones. The common path is one decrement and one branch.
#pragma once

#include <stdint.h>

enum schedule_kind {
  SCHEDULE_LOAD,
  SCHEDULE_STORE,
  SCHEDULE_RMW,
  SCHEDULE_FENCE,
  SCHEDULE_RELAX,
  SCHEDULE_LOCK,
  SCHEDULE_UNLOCK,
  SCHEDULE_SEAMCALL,
  // Taking and leaving a lock that others may hold at the same time.
  SCHEDULE_LOCK_SHARED,
  SCHEDULE_UNLOCK_SHARED,
  // No point of its own: the read-modify-write just made was a cmpxchg that lost, and wrote nothing.
  SCHEDULE_LOST,
  // An access that nothing in the source announces, of a kernel that was built with plain accesses.
  SCHEDULE_PLAIN_LOAD = 16,
  SCHEDULE_PLAIN_STORE,
};

// What a point is told beside its `enum schedule_kind`, of accesses to memory alone.
enum {
  SCHEDULE_KIND_MASK = 0x7f,
  // Races with it are meant: the kernel's data_race().
  SCHEDULE_EXEMPT = 0x80,
  // From this bit on: how many bytes are accessed, 0 for the 8 of a word.
  SCHEDULE_BYTES_SHIFT = 8,
};

// What passing a point of each kind takes off the countdown. A pause between having read an SPTE and changing it is
// what lets another thread in, and there are ten reads for each write.
enum {
  SCHEDULE_WEIGHT_LOAD = 1,
  SCHEDULE_WEIGHT_LOCK = 4,
  SCHEDULE_WEIGHT_WRITE = 8,
};

struct schedule_point {
  // Weighted points until the backend wants control, counted down by the owning task alone. A fiber backend keeps it
  // below 1: every point is then its own.
  int64_t countdown;
  // Called when the countdown is used up; sets the next one. May switch to another task before it returns.
  void (*reached)(struct schedule_point *point, uint32_t kind, const volatile void *address);
};

static inline int64_t schedule_weight(uint32_t kind) {
  switch (kind) {
  case SCHEDULE_STORE:
  case SCHEDULE_RMW:
    return SCHEDULE_WEIGHT_WRITE;
  case SCHEDULE_LOCK:
  case SCHEDULE_UNLOCK:
  case SCHEDULE_LOCK_SHARED:
  case SCHEDULE_UNLOCK_SHARED:
    return SCHEDULE_WEIGHT_LOCK;
  default:
    return SCHEDULE_WEIGHT_LOAD;
  }
}

// `kind` is a constant at every call, so that the common path is one subtraction and one branch.
static inline void schedule_point_pass(struct schedule_point *point, uint32_t kind, const volatile void *address) {
  point->countdown -= schedule_weight(kind);
  if (__builtin_expect(point->countdown <= 0, 0)) point->reached(point, kind, address);
}
