// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Included before everything else in each file that is compiled from a kernel tree.
//
// `duplicates` declares what the kernel declares, with no other meaning; `custom` behaves differently from the kernel,
// and says why. Headers that are in neither, and not among the tree's that are used as they are, are empty. A schedule
// point may stand only in `custom`.
#pragma once

#include <stress/config.h>
#include <stress/types.h>
#include <stress/compiler.h>
#include <stress/bits.h>
#include <stress/strings.h>
#include <stress/err.h>

#include <stress/task.h>
#include <stress/races.h>
#include <stress/bug.h>
#include <stress/access.h>
#include <stress/atomic.h>
#include <stress/locks.h>
#include <stress/guards.h>
#include <stress/keys.h>
#include <stress/rcu.h>
#include <stress/memory.h>
#include <stress/slab.h>
#include <stress/bitops.h>
#include <stress/wait.h>
#include <stress/time.h>

// clang counts on the edges of a spanning tree what it can tell from others, which is right only where each function
// comes to its end: an execution that is left does not. In a file that calls fork() it counts on all edges.
#if defined(STRESS_COVERAGE) && defined(STRESS_IS_KERNEL) && defined(__clang__)
int fork(void);
__attribute__((used)) static void stress_counts_all_edges(void) { fork(); }
#endif
