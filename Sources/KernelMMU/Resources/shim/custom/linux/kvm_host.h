// SPDX-License-Identifier: MIT OR GPL-2.0-only
// struct kvm and what hangs off it, as far as the MMU and the S-EPT half of tdx.c look. Types that change between
// versions come from the tree: extracted/*.h is made from it before the compiler runs, and holds what was missed
// without it. A structure that includes extracted/members/NAME.h takes the tree's members of NAME as they are asked
// for.
#pragma once

#include <stress/trace.h>
#include <linux/list.h>
#include <linux/rculist.h>
#include <linux/rbtree.h>
#include <linux/xarray.h>
#include <uapi/asm/processor-flags.h>
#include <asm/cpufeatures.h>
#include <extracted/flags.h>

typedef unsigned long gva_t, hva_t;
typedef u64 gpa_t, gfn_t, hpa_t, hfn_t, kvm_pfn_t;
#define INVALID_GPA (~(gpa_t)0)

struct kvm;
struct kvm_vcpu;
struct kvm_mmu_page;
struct kvm_page_fault;
struct kvm_memory_slot;

// Page caches hold what the next fault may need and no more, so that pages come from the host while they are few.
struct kvm_mmu_memory_cache {
  gfp_t gfp_zero;
  gfp_t gfp_custom;
  u64 init_value;
  struct kmem_cache *kmem_cache;
  int nobjs;
  void *objects[8];
};

#include <extracted/types.h>

#define KVM_MAX_VCPUS 1024

struct kvm_memory_slot {
  gfn_t base_gfn;
  unsigned long npages;
  unsigned long *dirty_bitmap;
  struct kvm_arch_memory_slot arch;
  u32 flags;
  short id;
  u16 as_id;
  struct {
    struct file *file;
  } gmem;
#include <extracted/members/kvm_memory_slot.h>
};
#define KVM_MEM_LOG_DIRTY_PAGES 1u
static inline bool kvm_slot_dirty_track_enabled(const struct kvm_memory_slot *slot) {
  return slot->flags & KVM_MEM_LOG_DIRTY_PAGES;
}

struct kvm_memslots {
  u64 generation;
#include <extracted/members/kvm_memslots.h>
};

struct kvm_arch {
#include <extracted/members/kvm_arch.h>
};

struct kvm {
  rwlock_t mmu_lock;
  struct mutex slots_lock;
  struct mutex lock;
  atomic_t nr_memslots_dirty_logging;
  int created_vcpus;
  refcount_t users_count;
  struct kvm_vm_stat stat;
  unsigned long mmu_invalidate_seq;
  long mmu_invalidate_in_progress;
  gfn_t mmu_invalidate_range_start;
  gfn_t mmu_invalidate_range_end;
  struct srcu_struct srcu;
  bool vm_bugged;
  bool vm_dead;
  struct kvm_arch arch;
#include <extracted/members/kvm.h>
};

struct kvm_vcpu_arch {
#include <extracted/members/kvm_vcpu_arch.h>
};

struct kvm_vcpu {
  struct kvm *kvm;
  int vcpu_id;
  u64 requests;
  struct kvm_vcpu_stat stat;
  struct kvm_vcpu_arch arch;
#include <extracted/members/kvm_vcpu.h>
};

// What an exit of the vCPU leaves behind, for as long as it is handled.
struct vcpu_tdx {
  gpa_t exit_gpa;
#include <extracted/members/vcpu_tdx.h>
};

struct kvm_x86_ops {
#include <extracted/members/kvm_x86_ops.h>
};
// Declared by mmu.h or by kvm_host.h, as the version goes.
extern bool tdp_enabled;
extern bool tdp_mmu_enabled;
extern bool eager_page_split;
extern bool enable_mmio_caching;
#include <extracted/late_types.h>
extern struct kvm_x86_ops kvm_x86_ops;
extern struct kvm_host_values kvm_host;
#include <stress/hooks.h>

struct cpuinfo_x86 {
  u8 x86_phys_bits;
  u8 x86_cache_bits;
  u32 extended_cpuid_level;
};
extern struct cpuinfo_x86 boot_cpu_data;
#define cpuid_eax(leaf) 52
#define boot_cpu_has_bug(bug) 0
#define boot_cpu_has(feature) 0
#define cpu_feature_enabled(feature) 0
#define static_cpu_has(feature) 0
#define guest_cpu_cap_has(vcpu, feature) 0

#define KVM_BUG_ON(condition, kvm_) \
  ({ \
    bool kvm_bug_condition = !!(condition); \
    if (unlikely(kvm_bug_condition)) { \
      if (!(kvm_)->vm_bugged) STRESS_VIOLATION(STRESS_VIOLATION_KVM_BUG, "%s", "KVM_BUG_ON(" #condition ")"); \
      kvm_vm_bugged(kvm_); \
    } \
    unlikely(kvm_bug_condition); \
  })
#define KVM_BUG_ON_DATA_CORRUPTION(condition, kvm_) KVM_BUG_ON(condition, kvm_)
void kvm_vm_bugged(struct kvm *kvm);

#define gfn_to_gpa(gfn) ((gpa_t)(gfn) << PAGE_SHIFT)
#define gpa_to_gfn(gpa) ((gfn_t)(gpa) >> PAGE_SHIFT)
#define pfn_to_hpa(pfn) ((hpa_t)(pfn) << PAGE_SHIFT)

bool kvm_make_all_cpus_request(struct kvm *kvm, unsigned request);
static inline bool kvm_test_request(int request, struct kvm_vcpu *vcpu) {
  return __atomic_load_n(&vcpu->requests, __ATOMIC_ACQUIRE) >> (request & KVM_REQUEST_MASK) & 1;
}
static inline bool kvm_check_request(int request, struct kvm_vcpu *vcpu) {
  u64 bit = 1ULL << (request & KVM_REQUEST_MASK);
  return kvm_test_request(request, vcpu) && __atomic_fetch_and(&vcpu->requests, ~bit, __ATOMIC_SEQ_CST) & bit;
}

void kvm_flush_remote_tlbs(struct kvm *kvm);
void kvm_flush_remote_tlbs_range(struct kvm *kvm, gfn_t gfn, u64 pages);
void kvm_flush_remote_tlbs_memslot(struct kvm *kvm, const struct kvm_memory_slot *slot);

int kvm_mmu_topup_memory_cache(struct kvm_mmu_memory_cache *cache, int minimum);
void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *cache);
void kvm_mmu_free_memory_cache(struct kvm_mmu_memory_cache *cache);

void mark_page_dirty_in_slot(struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn);
bool kvm_mem_is_private(struct kvm *kvm, gfn_t gfn);
unsigned long kvm_get_memory_attributes(struct kvm *kvm, gfn_t gfn);
bool kvm_range_has_memory_attributes(
    struct kvm *kvm, gfn_t start, gfn_t end, unsigned long mask, unsigned long attributes);
// Begins an invalidation as kvm_mmu_invalidate_start() does; so called up to Linux 7.1.
#define kvm_mmu_invalidate_begin(kvm) kvm_mmu_invalidate_start(kvm)
void kvm_mmu_invalidate_start(struct kvm *kvm);
void kvm_mmu_invalidate_range_add(struct kvm *kvm, gfn_t start, gfn_t end);
void kvm_mmu_invalidate_end(struct kvm *kvm);
struct kvm_memory_slot *kvm_vcpu_gfn_to_memslot(struct kvm_vcpu *vcpu, gfn_t gfn);
struct kvm_memslots *kvm_vcpu_memslots(struct kvm_vcpu *vcpu);
struct kvm_memory_slot *stress_slot(struct kvm *kvm);
bool stress_proves_mmu(void);
// There is one slot, and it covers all of guest memory.
#define __gfn_to_memslot(slots, gfn) ((void)(slots), stress_slot(kvm))
#define kvm_memslots_for_spte_role(kvm, role) NULL
#define kvm_memslot_is_gmem_only(slot) 0
#define kvm_prepare_memory_fault_exit(vcpu, gpa, size, write, exec, is_private) do {} while (0)
#define kvm_account_pgtable_pages(page, count) do {} while (0)
// Memory of the guest has no address and no struct page here (Linux 6.12).
#define KVM_HVA_ERR_BAD (~0UL)
#define kvm_release_pfn_clean(pfn) ((void)(pfn))
#define kvm_set_pfn_dirty(pfn) ((void)(pfn))
#define kvm_set_pfn_accessed(pfn) ((void)(pfn))
#define kvm_gfn_is_write_tracked(kvm, slot, gfn) 0
#define kvm_arch_has_private_mem(kvm) ((kvm)->arch.has_private_mem)
// Used in macros and inline functions of mmu.h that nothing here calls.
#define kvm_nested_call(function) (*(gpa_t(*)(struct kvm_vcpu *, gpa_t, u64, struct x86_exception *, u64))NULL)
#define kvm_is_cr4_bit_set(vcpu, bit) 0
#define kvm_read_cr3(vcpu) 0UL

#include <extracted/functions.h>
