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
