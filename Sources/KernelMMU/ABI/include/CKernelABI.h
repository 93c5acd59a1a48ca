// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The ABI as Swift imports it. The header itself is a resource, because a user's kernel is compiled against it.
#pragma once

#include "../../Resources/abi/stress_abi.h"
