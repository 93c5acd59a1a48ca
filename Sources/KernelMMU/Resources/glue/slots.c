// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Dirty logging of the slot: how it begins and ends, how its log is read, and the processor that makes pages dirty.
#include "glue.h"

// kvm->srcu: each attempt of a fault is a read section, and counts in one of two halves.

u32 stress_srcu_read_lock(struct stress_world *world) {
  u32 half = __atomic_load_n(&world->srcu_half, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&world->srcu_readers[half], 1, __ATOMIC_SEQ_CST);
  return half;
}

void stress_srcu_read_unlock(struct stress_world *world, u32 half) {
  __atomic_fetch_sub(&world->srcu_readers[half], 1, __ATOMIC_SEQ_CST);
}

// Twice, because a reader may have read the half before the first turn and count itself only after it.
static void synchronize_srcu_expedited(struct stress_world *world) {
  for (u32 turn = 0; turn < 2; turn++) {
    u32 half = world->srcu_half;
    __atomic_store_n(&world->srcu_half, !half, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&world->srcu_readers[half], __ATOMIC_SEQ_CST)) cpu_relax();
  }
}

// kvm_set_memslot() for KVM_MR_FLAGS_ONLY: faults that began with the old slot end before its flags are acted upon.
bool stress_log_dirty(struct stress_task *task, bool on) {
  stress_set_current(task);
  struct stress_world *world = task->world;
  struct kvm *kvm = stress_kvm(task);
  mutex_lock(&kvm->slots_lock);
  bool changes = kvm_slot_dirty_track_enabled(stress_slot(kvm)) != on;
  if (changes) {
    struct kvm_memory_slot *old = stress_slot(kvm), *slot = &world->slots[!world->active];
    world->dead_slots = 0;
    world->logs = true;
    slot->flags = on ? KVM_MEM_LOG_DIRTY_PAGES : 0;
    slot->dirty_bitmap = on ? world->dirty_bits : NULL;
    if (on) memset(world->dirty_bits, 0, DIV_ROUND_UP(world->config.guest_pages, 64) * sizeof(u64));
    atomic_set(&kvm->nr_memslots_dirty_logging, on);
    WRITE_ONCE(world->active, !world->active);
    synchronize_srcu_expedited(world);
    stress_slot_flags_changed(kvm, old, slot);
    // kvm_commit_memory_region() frees the old one, and its bitmap with the last that has it.
    world->dead_slots = 1 << !world->active;
    world->logs = on;
  }
  mutex_unlock(&kvm->slots_lock);
  return changes;
}

// kvm_get_dirty_log_protect() of the words that a range meets.
bool stress_collect_dirty(struct stress_task *task, u64 start, u64 end) {
  stress_set_current(task);
  struct kvm *kvm = stress_kvm(task);
  bool flush = false;
  mutex_lock(&kvm->slots_lock);
  struct kvm_memory_slot *slot = stress_slot(kvm);
  if (slot->dirty_bitmap) {
    write_lock(&kvm->mmu_lock);
    for (u64 word = start / 64; word < DIV_ROUND_UP(end, 64); word++) {
      if (!__atomic_load_n(&slot->dirty_bitmap[word], __ATOMIC_RELAXED)) continue;
      stress_pass(task, STRESS_POINT_RMW, &slot->dirty_bitmap[word]);
      unsigned long mask = __atomic_exchange_n(&slot->dirty_bitmap[word], 0, __ATOMIC_SEQ_CST);
      flush = true;
      kvm_arch_mmu_enable_log_dirty_pt_masked(kvm, slot, word * 64, mask);
    }
    write_unlock(&kvm->mmu_lock);
    if (flush) kvm_flush_remote_tlbs_memslot(kvm, slot);
  }
  mutex_unlock(&kvm->slots_lock);
  return flush;
}

u32 stress_touch(struct stress_task *task, u32 index, u64 gfn, bool write) {
  stress_set_current(task);
  struct kvm_vcpu *vcpu = &task->world->vcpus[index];
  u64 address = (gfn | stress_direct_bits(vcpu->kvm)) << PAGE_SHIFT;
  u64 bits = shadow_accessed_mask | (write ? shadow_dirty_mask : 0);
  u64 *table = __va(vcpu->arch.mmu->root.hpa);
  for (int level = STRESS_ROOT_LEVEL;; level--) {
    u64 *entry = table + SPTE_INDEX(address, level);
    u64 value = READ_ONCE(*entry);
    while (value & VMX_EPT_RWX_MASK) {
      if (write && !(value & VMX_EPT_WRITABLE_MASK)) return STRESS_TOUCH_FAULT;
      if (!is_last_spte(value, level)) break;
      if (!spte_ad_enabled(value) || (value & bits) == bits) return STRESS_TOUCH_KEPT;
      if (try_cmpxchg64(entry, &value, value | bits)) return STRESS_TOUCH_SET;
    }
    if (!(value & VMX_EPT_RWX_MASK)) return STRESS_TOUCH_FAULT;
    table = __va(value & SPTE_BASE_ADDR_MASK);
  }
}
