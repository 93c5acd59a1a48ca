// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Exception numbers that error codes are built from.
#pragma once
enum { X86_TRAP_UD = 6, X86_TRAP_GP = 13 };
