// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The functions of arch/x86/kvm/mmu/mmu.c that the TDP MMU calls and is called by, lifted from the tree, with what they
// ask of the shadow MMU and of the host's memory answered here.
#include "glue.h"

#define nx_huge_pages_recovery_ratio (stress_current()->recovery_ratio)
static int max_huge_page_level __maybe_unused __read_mostly = PG_LEVEL_1G;

// The shadow MMU is never entered: what it would be asked is a bug of the harness.
#define kvm_mmu_prepare_zap_page(kvm, sp, invalid_list) BUG()
#define __kvm_mmu_prepare_zap_page(kvm, sp, invalid_list, zapped) ({ BUG(); *(zapped) = 0; false; })
#define kvm_mmu_commit_zap_page(kvm, invalid_list) do {} while (0)
#define kvm_zap_obsolete_pages(kvm) do {} while (0)
#define fast_pf_get_last_sptep(vcpu, gpa, spte) NULL
#define page_fault_handle_page_track(vcpu, fault) 0
#define boot_cpu_is_amd() 0
#define __reset_rsvds_bits_mask(arguments...) do {} while (0)
#define kvm_assert_gmem_invalidate_lock_held(slot) do {} while (0)
#define kvm_mmu_reload(vcpu) 0
#define walk_shadow_page_lockless_begin(vcpu) kvm_tdp_mmu_walk_lockless_begin()
#define walk_shadow_page_lockless_end(vcpu) kvm_tdp_mmu_walk_lockless_end()
#define direct_page_fault(vcpu, fault) ({ BUG(); RET_PF_INVALID; })
// Up to Linux 6.12.
#define kvm_faultin_pfn(vcpu, fault, access) kvm_mmu_faultin_pfn(vcpu, fault, access)
#define kvm_mmu_finish_page_fault(vcpu, fault, result) do {} while (0)

// So no slot has a reverse map to walk.
#define kvm_memslots_have_rmaps(kvm) 0
#define kvm_may_have_shadow_mmu_sptes(kvm) 0
#define kvm_rmap_zap_gfn_range(kvm, start, end) false
#define __kvm_rmap_zap_gfn_range(kvm, slot, start, end, can_yield, flush) ({ BUG(); (flush); })
#define kvm_rmap_age_gfn_range(kvm, range, test_only) ({ BUG(); false; })
#define kvm_shadow_mmu_try_split_huge_pages(kvm, slot, start, end, target_level) BUG()
#define kvm_rmap_zap_collapsible_sptes(kvm, slot) BUG()
#define walk_slot_rmaps(kvm, slot, handler, start_level, end_level, flush_on_yield) BUG()
#define walk_slot_rmaps_4k(kvm, slot, handler, flush_on_yield) BUG()
#define slot_rmap_write_protect NULL
#define gfn_to_rmap(gfn, level, slot) NULL
#define rmap_write_protect(head, protects_page_table) ({ BUG(); (void)(head); false; })
#define __rmap_clear_dirty(kvm, head, slot) ({ BUG(); (void)(head); false; })

static int private_level(struct stress_world *world) {
  return stress_current()->is_planting ? PG_LEVEL_2M : world->config.private_level;
}

// Finds the memory behind a fault. The kernel asks guest_memfd or the host's page tables here, outside mmu_lock, and
// notes mmu_invalidate_seq first, so that an invalidation that comes between is noticed.
static __no_kcsan int kvm_mmu_faultin_pfn(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, unsigned access) {
  struct kvm *kvm = vcpu->kvm;
  struct stress_world *world = stress_world_of(kvm);
  const struct stress_fault *request = stress_current()->fault;
  fault->mmu_seq = READ_ONCE(kvm->mmu_invalidate_seq);
  smp_rmb();
  STRESS_TELL(stress_current(), looked_up);
  if (READ_ONCE(kvm->mmu_invalidate_in_progress) && fault->gfn >= kvm->mmu_invalidate_range_start &&
      fault->gfn < kvm->mmu_invalidate_range_end)
    return RET_PF_RETRY;
  if (world->config.is_td && fault->is_private != kvm_mem_is_private(kvm, fault->gfn)) return -EFAULT;
  fault->pfn = request->pfn;
  fault->map_writable = request->map_writable;
  if (request->max_level) fault->max_level = min(fault->max_level, request->max_level);
  if (fault->is_private) fault->max_level = min((int)fault->max_level, private_level(world));
  return RET_PF_CONTINUE;
}

// The slot is aligned and its backing memory contiguous, so the limits are the VM's and the region's.
static __no_kcsan int max_mapping_level(struct kvm *kvm, gfn_t gfn, bool is_private, int max_level) {
  struct stress_world *world = stress_world_of(kvm);
  lockdep_assert_held(&kvm->mmu_lock);
  int level = min(max_level, (int)(is_private ? private_level(world) : world->config.shared_level));
  if (level > PG_LEVEL_4K && world->regions[gfn >> 9].disallow_lpage) level = PG_LEVEL_4K;
  // Whoever takes a part of a huge page away splits it first, so the backing is small meanwhile.
  if (level > PG_LEVEL_4K && world->takers && (gfn | 511) >= world->taken_start && (gfn & ~511ULL) < world->taken_end)
    level = PG_LEVEL_4K;
  return level;
}

#ifdef HAVE___kvm_mmu_max_mapping_level_PARAMETERS_5
#define __kvm_mmu_max_mapping_level(kvm, slot, gfn, level, is_private) max_mapping_level(kvm, gfn, is_private, level)
#endif
#ifdef HAVE_kvm_mmu_max_mapping_level_PARAMETERS_3
__no_kcsan int kvm_mmu_max_mapping_level(struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn) {
  return max_mapping_level(kvm, gfn, kvm_mem_is_private(kvm, gfn), KVM_MAX_HUGEPAGE_LEVEL);
}
#elif defined(HAVE___kvm_mmu_max_mapping_level_PARAMETERS_5)
__no_kcsan int kvm_mmu_max_mapping_level(
    struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn, int max_level) {
  return max_mapping_level(kvm, gfn, kvm_mem_is_private(kvm, gfn), min(max_level, (int)KVM_MAX_HUGEPAGE_LEVEL));
}
#else
__no_kcsan int kvm_mmu_max_mapping_level(
    struct kvm *kvm, struct kvm_page_fault *fault, const struct kvm_memory_slot *slot, gfn_t gfn) {
  if (fault) return max_mapping_level(kvm, gfn, fault->is_private, fault->max_level);
  return max_mapping_level(kvm, gfn, kvm_mem_is_private(kvm, gfn), KVM_MAX_HUGEPAGE_LEVEL);
}
#endif

#include <extracted/mmu-mmu.c>

#line 101 "glue/mmu.c"
void stress_mmu_initialize(struct kvm_vcpu *vcpu) {
  struct kvm_mmu *mmu = &vcpu->arch.root_mmu;
  vcpu->arch.mmu = mmu;
  mmu->root.hpa = INVALID_PAGE;
#ifdef HAVE_KVM_MIRROR_ROOTS
  mmu->mirror_root_hpa = INVALID_PAGE;
#endif
  for (int index = 0; index < KVM_MMU_NUM_PREV_ROOTS; index++) mmu->prev_roots[index].hpa = INVALID_PAGE;
  // kvm_calc_tdp_mmu_root_page_role() of a vCPU outside SMM and nesting.
  mmu->root_role.level = STRESS_ROOT_LEVEL;
  mmu->root_role.direct = true;
  mmu->root_role.access = ACC_ALL;
  mmu->root_role.cr0_wp = true;
  mmu->root_role.efer_nx = true;
#ifdef HAVE_kvm_ad_enabled_PARAMETERS_1
  mmu->root_role.ad_disabled = !kvm_ad_enabled();
#else
  mmu->root_role.ad_disabled = !kvm_ad_enabled;
#endif
#ifdef HAVE_kvm_tdp_map_page
  mmu->page_fault = kvm_tdp_page_fault;
#endif
#ifdef HAVE_update_spte_permission_bitmask
  update_spte_permission_bitmask(mmu, true, true);
#endif
  reset_tdp_shadow_zero_bits_mask(mmu);
}

int stress_page_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault) {
  return kvm_tdp_mmu_page_fault(vcpu, fault);
}
int stress_topup(struct kvm_vcpu *vcpu) { return mmu_topup_memory_caches(vcpu, false); }

void stress_free_root(struct kvm *kvm, hpa_t *root) {
  struct list_head invalid_list;
  INIT_LIST_HEAD(&invalid_list);
  mmu_free_root_page(kvm, root, &invalid_list);
}

// is_obsolete_root() for roots that have a page table.
bool stress_root_is_obsolete(struct kvm *kvm, hpa_t root) {
#ifdef HAVE_is_obsolete_sp
  return VALID_PAGE(root) && is_obsolete_sp(kvm, root_to_sp(root));
#else
  // Under whatever name: of a root of the TDP MMU it asks this.
  return VALID_PAGE(root) && root_to_sp(root)->role.invalid;
#endif
}

void stress_mmu_zap_all_fast(struct kvm *kvm) { kvm_mmu_zap_all_fast(kvm); }

// Which of the two the tree takes is up to PML, which a TD does not have.
void stress_mmu_clear_dirty_masked(struct kvm *kvm, struct kvm_memory_slot *slot, u64 offset, u64 mask, bool wrprot) {
  if (wrprot)
    kvm_mmu_write_protect_pt_masked(kvm, slot, offset, mask);
  else
    kvm_mmu_clear_dirty_pt_masked(kvm, slot, offset, mask);
}

void stress_recover_nx(struct kvm *kvm) {
#ifdef HAVE_kvm_recover_nx_huge_pages_PARAMETERS_2
  kvm_recover_nx_huge_pages(kvm, KVM_TDP_MMU);
#else
  kvm_recover_nx_huge_pages(kvm);
#endif
}
