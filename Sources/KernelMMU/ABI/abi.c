// SPDX-License-Identifier: MIT OR GPL-2.0-only
// SwiftPM wants a source file in each target; this one makes sure that the ABI stands on its own.
#include "CKernelABI.h"

_Static_assert(sizeof(struct stress_lock) == 32, "two locks share a cache line");
