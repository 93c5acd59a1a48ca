#include "park.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void park_wait(uint32_t *address, uint32_t expected, uint64_t nanoseconds) {
  struct timespec limit = {
      .tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)};
  syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, &limit, 0, 0);
}

void park_wake(uint32_t *address, uint32_t count) {
  // The kernel takes an int: a larger count would be negative there, and wake one.
  int most = count > INT_MAX ? INT_MAX : (int)count;
  syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, most, 0, 0, 0);
}
