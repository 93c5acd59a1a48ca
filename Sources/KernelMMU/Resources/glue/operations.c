// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the host asks of the MMU, each under the locks and in the order of the kernel's own caller.
#include "glue.h"

// The slot cut down to a range, as an operation on a smaller slot would see it.
static struct kvm_memory_slot slot_of(struct stress_task *task, u64 start, u64 end) {
  struct kvm_memory_slot slot = *stress_slot(stress_kvm(task));
  slot.base_gfn = start;
  slot.npages = end - start;
  return slot;
}

static enum kvm_gfn_range_filter filter_of(u32 filter) {
  return (filter & STRESS_FILTER_SHARED ? KVM_FILTER_SHARED : 0) |
         (filter & STRESS_FILTER_PRIVATE ? KVM_FILTER_PRIVATE : 0);
}

static struct kvm_gfn_range range_of(struct kvm_memory_slot *slot, u32 filter, bool may_block) {
  return (struct kvm_gfn_range){
      .slot = slot, .start = slot->base_gfn, .end = slot->base_gfn + slot->npages, .attr_filter = filter_of(filter),
      .may_block = may_block,
  };
}

// Of virt/kvm/kvm_main.c.
void kvm_mmu_invalidate_start(struct kvm *kvm) {
  lockdep_assert_held_write(&kvm->mmu_lock);
  WRITE_ONCE(kvm->mmu_invalidate_in_progress, kvm->mmu_invalidate_in_progress + 1);
}
void kvm_mmu_invalidate_range_add(struct kvm *kvm, gfn_t start, gfn_t end) {
  lockdep_assert_held_write(&kvm->mmu_lock);
  WARN_ON_ONCE(!kvm->mmu_invalidate_in_progress);
  if (kvm->mmu_invalidate_range_start == INVALID_GPA) {
    kvm->mmu_invalidate_range_start = start;
    kvm->mmu_invalidate_range_end = end;
  } else {
    kvm->mmu_invalidate_range_start = min(kvm->mmu_invalidate_range_start, start);
    kvm->mmu_invalidate_range_end = max(kvm->mmu_invalidate_range_end, end);
  }
}
void kvm_mmu_invalidate_end(struct kvm *kvm) {
  lockdep_assert_held_write(&kvm->mmu_lock);
  WRITE_ONCE(kvm->mmu_invalidate_seq, kvm->mmu_invalidate_seq + 1);
  smp_wmb();
  WRITE_ONCE(kvm->mmu_invalidate_in_progress, kvm->mmu_invalidate_in_progress - 1);
  if (kvm->mmu_invalidate_in_progress == 0)
    kvm->mmu_invalidate_range_start = kvm->mmu_invalidate_range_end = INVALID_GPA;
}

// The owner of the memory begins to take a part of it away, and is done; both under mmu_lock held for write.
static void take(struct stress_world *world, u64 start, u64 end) {
  world->taken_start = world->takers ? min(world->taken_start, (gfn_t)start) : start;
  world->taken_end = world->takers ? max(world->taken_end, (gfn_t)end) : end;
  world->takers++;
}

// Faults.

static int result_of(int result) {
  switch (result) {
  case RET_PF_RETRY: return STRESS_FAULT_RETRY;
  case RET_PF_FIXED: return STRESS_FAULT_FIXED;
  case RET_PF_SPURIOUS: return STRESS_FAULT_SPURIOUS;
  default: return result < 0 ? result : STRESS_FAULT_OTHER;
  }
}

static int attempt(struct kvm_vcpu *vcpu, struct stress_fault *request) {
  struct kvm *kvm = vcpu->kvm;
  u64 code = PFERR_GUEST_FINAL_MASK | (request->write ? PFERR_WRITE_MASK : 0) | (request->exec ? PFERR_FETCH_MASK : 0) |
             (request->present ? PFERR_PRESENT_MASK : 0) | (request->is_private ? PFERR_PRIVATE_ACCESS : 0);
  struct kvm_page_fault fault = {
      .addr = gfn_to_gpa(request->gfn | (request->is_private ? 0 : stress_direct_bits(kvm))),
      .error_code = code,
      .prefetch = request->prefetch,
      .exec = request->exec,
      .write = request->write,
      .present = request->present,
      .is_tdp = true,
      .is_private = request->is_private,
      .nx_huge_page_workaround_enabled = is_nx_huge_page_enabled(kvm),
      .max_level = KVM_MAX_HUGEPAGE_LEVEL,
      .req_level = PG_LEVEL_4K,
      .goal_level = PG_LEVEL_4K,
      .gfn = request->gfn,
      .pfn = KVM_PFN_ERR_FAULT,
  };
  fault.slot = stress_slot(kvm);
  int result = stress_page_fault(vcpu, &fault);
  request->level = fault.goal_level;
  return result;
}

#ifdef HAVE_KVM_MIRROR_ROOTS
// Stands for __vmx_handle_ept_violation(), kvm_mmu_page_fault(), kvm_mmu_do_page_fault(): between the exit and the MMU
// they only hand on, as nothing is emulated here.
int stress_ept_violation(struct kvm_vcpu *vcpu, gpa_t address, unsigned long qualification) {
  struct stress_fault *request = stress_current()->fault;
  request->gfn = gpa_to_gfn(address);
  request->write = qualification & EPT_VIOLATION_ACC_WRITE;
  request->exec = qualification & EPT_VIOLATION_ACC_INSTR;
  request->present = qualification & EPT_VIOLATION_PROT_MASK;
  return attempt(vcpu, request);
}
#endif

int stress_fault(struct stress_task *task, u32 index, struct stress_fault *request) {
  stress_set_current(task);
  struct kvm_vcpu *vcpu = &task->world->vcpus[index];
  // As vcpu_enter_guest() does before the vCPU can fault.
  stress_reload(task, index);
  u32 half = stress_srcu_read_lock(task->world);
  task->fault = request;
  bool exits = request->is_private && !request->prefetch && task->world->config.is_td;
  int result = exits ? stress_tdx_fault(vcpu, request->gfn) : attempt(vcpu, request);
  task->fault = NULL;
  stress_srcu_read_unlock(task->world, half);
  return result_of(result);
}

// tdx_vcpu_init_mem_region(), one page of it.
int stress_populate(struct stress_task *task, u32 index, u64 gfn, u64 pfn) {
  stress_set_current(task);
  struct kvm_vcpu *vcpu = &task->world->vcpus[index];
  mutex_lock(&vcpu->kvm->slots_lock);
  stress_reload(task, index);
#ifndef HAVE_kvm_tdp_mmu_map_private_pfn
  // kvm_gmem_populate() refuses a page that has content.
  struct stress_step steps[STRESS_MAX_LEVEL];
  u32 count = stress_walk(task->world, gfn, true, steps);
  if (count && steps[count - 1].level == PG_LEVEL_4K && is_shadow_present_pte(steps[count - 1].value)) {
    mutex_unlock(&vcpu->kvm->slots_lock);
    return -EEXIST;
  }
#endif
  // What the page's fault finds behind its gfn, where the page is faulted in.
  struct stress_fault request = {.gfn = gfn, .pfn = pfn, .is_private = true, .map_writable = true};
  task->fault = &request;
  int result = stress_tdx_populate(vcpu, gfn, pfn);
  task->fault = NULL;
  mutex_unlock(&vcpu->kvm->slots_lock);
  return result;
}

// Zaps.

bool stress_zap_leafs(struct stress_task *task, u64 start, u64 end) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  u64 flushes = task->flushes;
  kvm_zap_gfn_range(kvm, start, end);
  return task->flushes != flushes;
}

bool stress_unmap_range(struct stress_task *task, u64 start, u64 end, u32 filter, bool may_block) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  struct kvm_memory_slot slot = slot_of(task, start, end);
  struct kvm_gfn_range range = range_of(&slot, filter, may_block);
  write_lock(&kvm->mmu_lock);
  kvm_mmu_invalidate_start(kvm);
  kvm_mmu_invalidate_range_add(kvm, start, end);
  take(task->world, start, end);
  task->must_not_block = !may_block;
  bool flush = kvm_unmap_gfn_range(kvm, &range);
  task->must_not_block = false;
  STRESS_TELL(task, zapped);
  if (flush) kvm_flush_remote_tlbs(kvm);
  write_unlock(&kvm->mmu_lock);
  // The owner of the memory takes it away here.
  write_lock(&kvm->mmu_lock);
  task->world->takers--;
  kvm_mmu_invalidate_end(kvm);
  write_unlock(&kvm->mmu_lock);
  return flush;
}

// kvm_vm_set_mem_attributes(). Whether a region may be huge is noted with the slot, so the range has the whole of it.
bool stress_convert(struct stress_task *task, u64 start, u64 end, bool to_private) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  mutex_lock(&kvm->slots_lock);
  struct kvm_gfn_range range = {
      .slot = stress_slot(kvm), .start = start, .end = end, .may_block = true,
      .arg.attributes = to_private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
  };
  write_lock(&kvm->mmu_lock);
  kvm_mmu_invalidate_start(kvm);
  kvm_mmu_invalidate_range_add(kvm, start, end);
  bool flush = kvm_arch_pre_set_memory_attributes(kvm, &range);
  STRESS_TELL(task, zapped);
  if (flush) kvm_flush_remote_tlbs(kvm);
  write_unlock(&kvm->mmu_lock);
  stress_set_private(task->world, start, end, to_private);
  write_lock(&kvm->mmu_lock);
  kvm_mmu_invalidate_end(kvm);
  kvm_arch_post_set_memory_attributes(kvm, &range);
  write_unlock(&kvm->mmu_lock);
  mutex_unlock(&kvm->slots_lock);
  return flush;
}

void stress_zap_all(struct stress_task *task) {
  stress_set_current(task);
  kvm_arch_flush_shadow_all(stress_kvm(task));
}

void stress_invalidate(struct stress_task *task, u32 filter) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  write_lock(&kvm->mmu_lock);
  stress_invalidate_roots(kvm, filter);
  kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);
  write_unlock(&kvm->mmu_lock);
}

void stress_zap_invalidated(struct stress_task *task, bool shared) {
  stress_set_current(task);
  stress_zap_invalidated_roots(stress_kvm(task), shared);
}

void stress_zap_all_fast(struct stress_task *task) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  mutex_lock(&kvm->slots_lock);
  stress_mmu_zap_all_fast(kvm);
  mutex_unlock(&kvm->slots_lock);
}

// Changes of what is mapped.

bool stress_age(struct stress_task *task, u64 start, u64 end, u32 filter, bool test_only) {
  stress_set_current(task);
  struct kvm_memory_slot slot = slot_of(task, start, end);
  struct kvm_gfn_range range = range_of(&slot, filter, false);
  return stress_age_range(stress_kvm(task), &range, test_only);
}

void stress_split(struct stress_task *task, u64 start, u64 end, u32 target_level, bool shared) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  struct kvm_memory_slot slot = slot_of(task, start, end);
  if (shared) return kvm_mmu_slot_try_split_huge_pages(kvm, &slot, target_level);
  write_lock(&kvm->mmu_lock);
  kvm_mmu_try_split_huge_pages(kvm, &slot, start, end, target_level);
  write_unlock(&kvm->mmu_lock);
}

// As kvm_mmu_slot_apply_flags() does: TLBs are flushed whatever was found.
bool stress_wrprot(struct stress_task *task, u64 start, u64 end, u32 min_level) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  struct kvm_memory_slot slot = slot_of(task, start, end);
  kvm_mmu_slot_remove_write_access(kvm, &slot, min_level);
  kvm_flush_remote_tlbs_memslot(kvm, &slot);
  return true;
}

bool stress_write_protect_gfn(struct stress_task *task, u64 gfn, u32 min_level) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  write_lock(&kvm->mmu_lock);
  bool flush = kvm_mmu_slot_gfn_write_protect(kvm, stress_slot(kvm), gfn, min_level);
  if (flush) kvm_flush_remote_tlbs_range(kvm, gfn, 1);
  write_unlock(&kvm->mmu_lock);
  return flush;
}

void stress_clear_dirty(struct stress_task *task, u64 start, u64 end) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  struct kvm_memory_slot slot = slot_of(task, start, end);
  kvm_mmu_slot_leaf_clear_dirty(kvm, &slot);
  kvm_flush_remote_tlbs_memslot(kvm, &slot);
}

void stress_clear_dirty_masked(struct stress_task *task, u64 gfn, u64 mask, bool wrprot) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  write_lock(&kvm->mmu_lock);
  stress_mmu_clear_dirty_masked(kvm, stress_slot(kvm), gfn, mask, wrprot);
  write_unlock(&kvm->mmu_lock);
  kvm_flush_remote_tlbs_range(kvm, gfn, 64);
}

void stress_recover_huge(struct stress_task *task, u64 start, u64 end) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  struct kvm_memory_slot slot = slot_of(task, start, end);
  stress_recover_slot(kvm, &slot);
}

void stress_recover_nx_pages(struct stress_task *task, u32 ratio) {
  stress_set_current(task);
  task->recovery_ratio = ratio;
  stress_recover_nx(stress_kvm(task));
}

void stress_run_rcu(struct stress_task *task, struct stress_rcu_head *head) {
  stress_set_current(task);
  head->function(head);
}
