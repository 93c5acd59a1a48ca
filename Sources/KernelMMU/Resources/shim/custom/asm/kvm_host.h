// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The architecture's half is in linux/kvm_host.h here.
#pragma once
#include <linux/kvm_host.h>
