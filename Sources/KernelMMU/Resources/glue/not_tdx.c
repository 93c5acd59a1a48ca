// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What stands in the place of tdx.c where a tree has no mirror page tables: no VM is a TD.
#include "glue.h"

#ifndef HAVE_KVM_MIRROR_ROOTS
void stress_tdx_initialize(void) {}
void stress_tdx_create(struct kvm *kvm) {}
int stress_tdx_finalize(struct kvm *kvm) { return -EOPNOTSUPP; }
void stress_tdx_release_hkid(struct kvm *kvm) {}
int stress_tdx_populate(struct kvm_vcpu *vcpu, u64 gfn, u64 pfn) { return -EOPNOTSUPP; }
u64 stress_tdx_add_page(struct kvm *kvm, u64 gfn, u64 pfn, u32 level) { return ~0ULL; }
int stress_tdx_fault(struct kvm_vcpu *vcpu, u64 gfn) { return -EOPNOTSUPP; }
bool stress_tdx_waits(struct kvm *kvm) { return false; }
#endif
