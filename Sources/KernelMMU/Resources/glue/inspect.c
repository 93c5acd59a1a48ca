// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Looks at a world from outside: no schedule point, no call to the host, no lock.
#include "glue.h"

static u64 *table_at(struct stress_world *world, u64 entry) {
  u64 index = ((entry & SPTE_BASE_ADDR_MASK) >> PAGE_SHIFT) - world->config.first_pfn;
  return index < world->config.arena_pages ? (u64 *)world->config.arena + index * SPTE_ENT_PER_PAGE : NULL;
}

static bool is_wanted(const struct kvm_mmu_page *root, bool is_private) {
  return !root->role.invalid && stress_is_mirror(root) == is_private;
}

u32 stress_walk(struct stress_world *world, u64 gfn, bool is_private, struct stress_step *steps) {
  struct kvm *kvm = &world->tdx.kvm;
  struct kvm_mmu_page *root;
  u64 address = (gfn | (is_private ? 0 : stress_direct_bits(kvm))) << PAGE_SHIFT;
  u32 count = 0;
  list_for_each_entry(root, &kvm->arch.tdp_mmu_roots, link) {
    if (!is_wanted(root, is_private && world->config.is_td)) continue;
    u64 *table = root->spt;
    for (int level = root->role.level; table && level >= PG_LEVEL_4K && count < STRESS_MAX_LEVEL; level--) {
      u64 *entry = table + SPTE_INDEX(address, level);
      u64 value = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
      steps[count++] = (struct stress_step){.entry = entry, .value = stress_as_host(value), .level = level};
      if (!is_shadow_present_pte(value) || is_last_spte(value, level)) break;
      table = table_at(world, value);
    }
    break;
  }
  return count;
}

u32 stress_roots(struct stress_world *world, struct stress_root *roots, u32 capacity) {
  struct kvm_mmu_page *root;
  u32 count = 0;
  list_for_each_entry(root, &world->tdx.kvm.arch.tdp_mmu_roots, link) {
    if (count < capacity)
      roots[count] = (struct stress_root){
          .table = root->spt, .object = root, .level = root->role.level,
          .references = root->tdp_mmu_root_count.refs.counter, .is_mirror = stress_is_mirror(root),
          .is_invalid = root->role.invalid,
      };
    count++;
  }
  return count;
}

void stress_statistics(struct stress_world *world, struct stress_statistics *statistics) {
  struct kvm *kvm = &world->tdx.kvm;
  for (u32 index = 0; index < 3; index++) statistics->pages[index] = atomic64_read(&kvm->stat.pages[index]);
#ifdef HAVE_kvm_arch_tdp_mmu_pages
  statistics->tables = atomic64_read(&kvm->arch.tdp_mmu_pages);
#else
  statistics->tables = -1;
#endif
  statistics->nx_splits = kvm->stat.nx_lpage_splits;
  statistics->flushes = world->flushes;
}

bool stress_waits_for_sept_zap(struct stress_world *world) { return stress_tdx_waits(&world->tdx.kvm); }

bool stress_gfn_is_private(struct stress_world *world, u64 gfn) {
  return __atomic_load_n(&world->private_bits[gfn / 64], __ATOMIC_ACQUIRE) >> gfn % 64 & 1;
}

bool stress_must_reload(struct stress_world *world, u32 vcpu) {
  return kvm_test_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, &world->vcpus[vcpu]);
}

bool stress_is_bugged(struct stress_world *world) { return world->tdx.kvm.vm_bugged; }

bool stress_logs_dirty(struct stress_world *world) { return stress_slot(&world->tdx.kvm)->dirty_bitmap; }

bool stress_is_dirty(struct stress_world *world, u64 gfn) {
  return __atomic_load_n(&world->dirty_bits[gfn / 64], __ATOMIC_ACQUIRE) >> gfn % 64 & 1;
}

bool stress_is_invalid(const void *object) { return ((const struct kvm_mmu_page *)object)->role.invalid; }

const void *stress_caller(const struct stress_task *task) { return task->caller; }

#define IS_IN(address, word) ((u64)(address) - (u64)&(word) < sizeof(word))

static const char *name_in_object(const struct kvm_mmu_page *sp, const void *address) {
  if (IS_IN(address, sp->tdp_mmu_root_count)) return "tdp_mmu_root_count";
  if (IS_IN(address, sp->role)) return "sp->role";
  if (IS_IN(address, sp->nx_huge_page_disallowed)) return "nx_huge_page_disallowed";
  if (IS_IN(address, sp->link)) return "tdp_mmu_roots";
  if (IS_IN(address, sp->possible_nx_huge_page_link)) return "possible_nx_huge_pages";
  if (IS_IN(address, sp->tdp_mmu_scheduled_root_to_zap)) return "tdp_mmu_scheduled_root_to_zap";
  if (IS_IN(address, sp->gfn)) return "sp->gfn";
  if (IS_IN(address, sp->spt)) return "sp->spt";
  if (IS_IN(address, sp->ptep)) return "sp->ptep";
  return "struct kvm_mmu_page";
}

const char *stress_word_name(const struct stress_world *world, const void *object, const void *address) {
  const struct kvm *kvm = &world->tdx.kvm;
  if (object) return name_in_object(object, address);
  if (IS_IN(address, kvm->mmu_invalidate_seq)) return "mmu_invalidate_seq";
  if (IS_IN(address, kvm->mmu_invalidate_in_progress)) return "mmu_invalidate_in_progress";
  if (IS_IN(address, kvm->mmu_invalidate_range_start)) return "mmu_invalidate_range_start";
  if (IS_IN(address, kvm->mmu_invalidate_range_end)) return "mmu_invalidate_range_end";
  if (IS_IN(address, kvm->arch.tdp_mmu_roots)) return "tdp_mmu_roots";
#ifdef HAVE_kvm_arch_tdp_mmu_pages
  if (IS_IN(address, kvm->arch.tdp_mmu_pages)) return "tdp_mmu_pages";
#endif
#if defined(HAVE_kvm_possible_nx_huge_pages) || defined(HAVE_kvm_arch_possible_nx_huge_pages)
  if (IS_IN(address, kvm->arch.possible_nx_huge_pages)) return "possible_nx_huge_pages";
#endif
  if (IS_IN(address, kvm->stat)) return "kvm->stat";
  if ((u64)address - (u64)world->config.page_private < world->config.arena_pages * sizeof(u64)) return "page->private";
  if (IS_IN(address, kvm->slots_lock)) return "slots_lock";
  if (IS_IN(address, nx_huge_pages)) return "nx_huge_pages";
  if ((u64)address - (u64)world->private_bits < (u64)world->dirty_bits - (u64)world->private_bits)
    return "mem_attr_array";
  if ((u64)address - (u64)world->dirty_bits < (u64)world->regions - (u64)world->dirty_bits) return "dirty_bitmap";
  for (u32 index = 0; index < world->config.vcpus; index++) {
    if (IS_IN(address, world->vcpus[index].requests)) return "vcpu->requests";
    if (IS_IN(address, world->vcpus[index])) return "struct kvm_vcpu";
  }
  return NULL;
}
