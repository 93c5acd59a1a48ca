// Looks at a world from outside: no schedule point, no call to the host, no lock.
#include "glue.h"

static u64 *table_at(struct stress_world *world, u64 entry) {
  u64 index = ((entry & SPTE_BASE_ADDR_MASK) >> PAGE_SHIFT) - world->config.first_pfn;
  return index < world->config.arena_pages ? (u64 *)world->config.arena + index * SPTE_ENT_PER_PAGE : NULL;
}

static bool is_wanted(const struct kvm_mmu_page *root, bool is_private) {
  return !root->role.invalid && is_mirror_sp(root) == is_private;
}

u32 stress_walk(struct stress_world *world, u64 gfn, bool is_private, struct stress_step *steps) {
  struct kvm *kvm = &world->tdx.kvm;
  struct kvm_mmu_page *root;
  u64 address = (gfn | (is_private ? 0 : kvm_gfn_direct_bits(kvm))) << PAGE_SHIFT;
  u32 count = 0;
  list_for_each_entry(root, &kvm->arch.tdp_mmu_roots, link) {
    if (!is_wanted(root, is_private && world->config.is_td)) continue;
    u64 *table = root->spt;
    for (int level = root->role.level; table && level >= PG_LEVEL_4K && count < STRESS_MAX_LEVEL; level--) {
      u64 *entry = table + SPTE_INDEX(address, level);
      u64 value = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
      steps[count++] = (struct stress_step){.entry = entry, .value = value, .level = level};
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
          .references = root->tdp_mmu_root_count.refs.counter, .is_mirror = is_mirror_sp(root),
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
