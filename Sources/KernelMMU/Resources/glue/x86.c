// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What arch/x86/kvm/x86.c does with a memory slot whose flags have changed, lifted from the tree.
#include "glue.h"

#include <extracted/kvm-x86.c>

#line 8 "glue/x86.c"
void stress_slot_flags_changed(struct kvm *kvm, struct kvm_memory_slot *old, const struct kvm_memory_slot *new) {
  kvm_mmu_slot_apply_flags(kvm, old, new, KVM_MR_FLAGS_ONLY);
}
