// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The ABI as Swift imports it. The header itself is a resource, because a user's kernel is compiled against it.
#pragma once

#include "../../Resources/abi/stress_abi.h"

// memfd_create(), which Swift's Glibc does not have.
int stress_memory_file(const char *name);
