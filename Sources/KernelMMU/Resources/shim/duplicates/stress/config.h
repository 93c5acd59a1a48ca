// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The kernel configuration that the files are compiled for.
#pragma once

#define __KERNEL__ 1
#define KBUILD_MODNAME "kvm"
#define KBUILD_BASENAME "kvm"
#define MODULE 1

#define CONFIG_X86 1
#define CONFIG_X86_64 1
#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_KVM 1
#define CONFIG_KVM_INTEL_TDX 1
#define CONFIG_INTEL_TDX_HOST 1
#define CONFIG_KVM_GUEST_MEMFD 1
#define CONFIG_KVM_PRIVATE_MEM 1
#define CONFIG_KVM_GENERIC_MMU_NOTIFIER 1
#define CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES 1
#define CONFIG_PROVE_LOCKING 1
#define CONFIG_LOCKDEP 1
// The MMU's own assertions are what a user of this tool wants to see fail.
#define CONFIG_KVM_PROVE_MMU AT_RUN_TIME

// IS_ENABLED() of a symbol that is defined to 1 or not at all.
#define STRESS_SECOND(ignored, value, ...) value
#define STRESS_PLACEHOLDER_1 0,
// What is compiled in, and asked for by each world.
#define STRESS_PLACEHOLDER_AT_RUN_TIME 0, stress_proves_mmu() &&
#define STRESS_ENABLED_3(placeholder) STRESS_SECOND(placeholder 1, 0, 0)
#define STRESS_ENABLED_2(value) STRESS_ENABLED_3(STRESS_PLACEHOLDER_##value)
#define STRESS_ENABLED_1(value) STRESS_ENABLED_2(value)
#define IS_ENABLED(option) STRESS_ENABLED_1(option)
#define IS_BUILTIN(option) IS_ENABLED(option)
#define IS_MODULE(option) 0

// mmutrace.h stands beside the files, where no include path can hide it: its guard is taken instead.
#define _TRACE_KVMMMU_H
