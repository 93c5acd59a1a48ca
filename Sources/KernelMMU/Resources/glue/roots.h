// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What trees do differently for the roots that they have: mirror and direct ones, or, up to Linux 6.13, direct ones
// alone. A VM on such a tree is no TD: all of its memory is shared, and the direct root maps a gfn where it is.
#pragma once

#ifdef HAVE_KVM_MIRROR_ROOTS
enum { STRESS_HAS_MIRROR_ROOTS = true };
static inline bool stress_is_mirror(const struct kvm_mmu_page *sp) { return is_mirror_sp(sp); }
static inline gfn_t stress_direct_bits(const struct kvm *kvm) { return kvm_gfn_direct_bits(kvm); }
#else
enum { STRESS_HAS_MIRROR_ROOTS = false };
static inline bool stress_is_mirror(const struct kvm_mmu_page *sp) { return false; }
static inline gfn_t stress_direct_bits(const struct kvm *kvm) { return 0; }
#endif

static inline void stress_alloc_direct_root(struct kvm_vcpu *vcpu) {
#ifdef HAVE_kvm_tdp_mmu_alloc_root_PARAMETERS_2
  kvm_tdp_mmu_alloc_root(vcpu, false);
#else
  kvm_tdp_mmu_alloc_root(vcpu);
#endif
}

static inline void stress_invalidate_roots(struct kvm *kvm, u32 filter) {
#ifdef HAVE_KVM_MIRROR_ROOTS
  kvm_tdp_mmu_invalidate_roots(
      kvm, (filter & STRESS_FILTER_SHARED ? KVM_DIRECT_ROOTS : 0) |
               (filter & STRESS_FILTER_PRIVATE ? KVM_MIRROR_ROOTS : 0));
#else
  kvm_tdp_mmu_invalidate_all_roots(kvm);
#endif
}

static inline void stress_zap_invalidated_roots(struct kvm *kvm, bool shared) {
#ifdef HAVE_kvm_tdp_mmu_zap_invalidated_roots_PARAMETERS_2
  kvm_tdp_mmu_zap_invalidated_roots(kvm, shared);
#else
  kvm_tdp_mmu_zap_invalidated_roots(kvm);
#endif
}

// kvm_mmu_recover_huge_pages(), or what came before it: tables that could be huge pages are zapped, and faults map the
// pages.
#ifdef HAVE_kvm_tdp_mmu_recover_huge_pages
enum { STRESS_RECOVERS_BY_ZAP = false };
#else
enum { STRESS_RECOVERS_BY_ZAP = true };
#endif
static inline void stress_recover_slot(struct kvm *kvm, const struct kvm_memory_slot *slot) {
#ifdef HAVE_kvm_tdp_mmu_recover_huge_pages
  kvm_mmu_recover_huge_pages(kvm, slot);
#else
  kvm_mmu_zap_collapsible_sptes(kvm, slot);
#endif
}

// MMU notifiers age under mmu_lock until the walk of the roots is under RCU alone.
static inline bool stress_age_range(struct kvm *kvm, struct kvm_gfn_range *range, bool test_only) {
#ifndef HAVE_for_each_tdp_mmu_root_rcu
  write_lock(&kvm->mmu_lock);
#endif
  bool young = test_only ? kvm_test_age_gfn(kvm, range) : kvm_age_gfn(kvm, range);
#ifndef HAVE_for_each_tdp_mmu_root_rcu
  write_unlock(&kvm->mmu_lock);
#endif
  return young;
}
