// SPDX-License-Identifier: MIT OR GPL-2.0-only
// kvm_x86_call(): a static call in the kernel. What one does whose hook is NULL stands in the tree's
// asm/kvm-x86-ops.h: nothing where the hook is optional, and it answers 0 where it is OPTIONAL_RET0. Any other NULL is
// the tree's mistake.
#pragma once

enum { STRESS_HOOK_REQUIRED, STRESS_HOOK_OPTIONAL, STRESS_HOOK_RET0 };
// An enumeration each: some lines of the header end in a semicolon.
#define KVM_X86_OP(function) enum { stress_hook_##function = STRESS_HOOK_REQUIRED };
#define KVM_X86_OP_OPTIONAL(function) enum { stress_hook_##function = STRESS_HOOK_OPTIONAL };
#define KVM_X86_OP_OPTIONAL_RET0(function) enum { stress_hook_##function = STRESS_HOOK_RET0 };
#include <asm/kvm-x86-ops.h>
#undef KVM_X86_OP
#undef KVM_X86_OP_OPTIONAL
#undef KVM_X86_OP_OPTIONAL_RET0

// __static_call_return0(), and what the kernel patches a call without a target to: neither looks at its arguments.
long stress_hook_absent(void);

static __always_inline void *stress_hook(
    const void *hook, u32 kind, const char *text, const char *file, u32 line, const char *function) {
  if (unlikely(!hook)) {
    if (kind == STRESS_HOOK_REQUIRED) stress_bug(file, line, function, text);
    return (void *)stress_hook_absent;
  }
  return (void *)hook;
}
#define kvm_x86_call(function) \
  ((__typeof__(kvm_x86_ops.function))stress_hook( \
      (const void *)kvm_x86_ops.function, stress_hook_##function, \
      "kvm_x86_call(" #function ") of a hook that is NULL and not optional", __FILE__, __LINE__, __func__))
