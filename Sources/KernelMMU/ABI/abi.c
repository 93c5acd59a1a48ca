// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Makes sure that the ABI stands on its own, and has what Swift cannot call.
#define _GNU_SOURCE
#include "CKernelABI.h"

#include <sys/mman.h>

int stress_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

_Static_assert(sizeof(struct stress_lock) == 32, "two locks share a cache line");
