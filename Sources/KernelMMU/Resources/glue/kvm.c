// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The parts of KVM around the MMU that are written here: requests, flushes, page caches, the memory slot, tracepoints.
#include "glue.h"

bool __read_mostly tdp_enabled = true;
bool __read_mostly tdp_mmu_enabled = true;
bool __read_mostly eager_page_split = true;
int __read_mostly nx_huge_pages = 1;
struct kvm_x86_ops __read_mostly kvm_x86_ops;
struct kvm_host_values __read_mostly kvm_host;
struct cpuinfo_x86 __read_mostly boot_cpu_data = {
    .x86_phys_bits = 52, .x86_cache_bits = 52, .extended_cpuid_level = 0x80000008,
};
static struct kmem_cache __read_mostly header_cache = {sizeof(struct kvm_mmu_page)};
static struct kmem_cache __read_mostly unused_cache;
struct kmem_cache *__read_mostly mmu_page_header_cache = &header_cache;
struct kmem_cache *__read_mostly stress_unused_cache = &unused_cache;

_Static_assert(sizeof(struct kvm_mmu_page) <= STRESS_OBJECT_BYTES, "the host's objects hold a struct kvm_mmu_page");
_Static_assert(SPTE_MMU_PRESENT_MASK == STRESS_PRESENT_BIT, "reads are told of by this bit");
_Static_assert(SHADOW_NONPRESENT_VALUE == STRESS_EMPTY_ENTRY, "reads of empty entries are not told of");

// Masks and limits, the same whenever they are set.
void stress_globals_initialize(void) {
  kvm_mmu_spte_module_init();
  kvm_host.maxphyaddr = 52;
  kvm_mmu_reset_all_pte_masks();
#ifdef HAVE_kvm_mmu_set_ept_masks_PARAMETERS_2
  kvm_mmu_set_ept_masks(true, true);
#else
  kvm_mmu_set_ept_masks(true);
#endif
  stress_tdx_initialize();
}

bool kvm_make_all_cpus_request(struct kvm *kvm, unsigned request) {
  struct stress_task *task = stress_current();
  struct stress_world *world = stress_world_of(kvm);
  u32 kind = STRESS_REQUEST_KICK;
  if (request == KVM_REQ_MMU_FREE_OBSOLETE_ROOTS) kind = STRESS_REQUEST_FREE_ROOTS;
  if (request == KVM_REQ_TLB_FLUSH) kind = STRESS_REQUEST_TLB_FLUSH;
  if (request == KVM_REQ_VM_DEAD) kind = STRESS_REQUEST_VM_DEAD;
  if (!(request & KVM_REQUEST_NO_ACTION))
    for (u32 index = 0; index < world->config.vcpus; index++)
      __atomic_fetch_or(&world->vcpus[index].requests, 1ULL << (request & KVM_REQUEST_MASK), __ATOMIC_SEQ_CST);
  STRESS_TELL(task, request, kind | (request & KVM_REQUEST_WAIT ? STRESS_REQUEST_WAIT : 0));
  return true;
}

long stress_hook_absent(void) { return 0; }

bool stress_proves_mmu(void) { return stress_current()->world->config.proves_mmu; }

void kvm_vm_bugged(struct kvm *kvm) {
  if (kvm->vm_bugged) return;
  kvm->vm_bugged = true;
  kvm->vm_dead = true;
  kvm_make_all_cpus_request(kvm, KVM_REQ_VM_DEAD);
}

void kvm_flush_remote_tlbs_range(struct kvm *kvm, gfn_t gfn, u64 pages) {
  __atomic_fetch_add(&stress_world_of(kvm)->flushes, 1, __ATOMIC_RELAXED);
  stress_current()->flushes++;
  STRESS_TELL(stress_current(), flush_tlbs, gfn, pages);
}
void kvm_flush_remote_tlbs(struct kvm *kvm) {
  kvm_flush_remote_tlbs_range(kvm, 0, stress_world_of(kvm)->config.guest_pages);
}
void kvm_flush_remote_tlbs_memslot(struct kvm *kvm, const struct kvm_memory_slot *slot) {
  kvm_flush_remote_tlbs_range(kvm, slot->base_gfn, slot->npages);
}

// Page caches. `gfp_custom` tells what a cache's pages are for.

int kvm_mmu_topup_memory_cache(struct kvm_mmu_memory_cache *cache, int minimum) {
  struct stress_task *task = stress_current();
  if (cache->kmem_cache == stress_unused_cache) return 0;
  while (cache->nobjs < minimum) {
    u64 *object;
    if (cache->kmem_cache) {
      object = kmem_cache_zalloc(cache->kmem_cache, GFP_KERNEL_ACCOUNT);
    } else {
      object = STRESS_ASK(task, page_alloc, cache->gfp_custom);
      if (object && cache->gfp_custom != STRESS_PAGE_EXTERNAL)
        for (int index = 0; index < SPTE_ENT_PER_PAGE; index++) object[index] = cache->init_value;
    }
    if (!object) return -ENOMEM;
    cache->objects[cache->nobjs++] = object;
  }
  return 0;
}

void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *cache) {
  if (unlikely(cache->nobjs == 0)) stress_bug(__FILE__, __LINE__, __func__, "a page cache was not topped up");
  return cache->objects[--cache->nobjs];
}

void kvm_mmu_free_memory_cache(struct kvm_mmu_memory_cache *cache) {
  while (cache->nobjs) {
    void *object = cache->objects[--cache->nobjs];
    if (cache->kmem_cache)
      kmem_cache_free(cache->kmem_cache, object);
    else
      free_page((unsigned long)object);
  }
}

// Guest page tables are shadowed for nested guests alone.
int mmu_try_to_unsync_pages(
    struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn, bool synchronizing, bool prefetch) {
  return 0;
}

// The memory slot.

struct kvm_memory_slot *stress_slot(struct kvm *kvm) {
  struct stress_world *world = stress_world_of(kvm);
  return &world->slots[__atomic_load_n(&world->active, __ATOMIC_ACQUIRE)];
}
struct kvm_memory_slot *kvm_vcpu_gfn_to_memslot(struct kvm_vcpu *vcpu, gfn_t gfn) { return stress_slot(vcpu->kvm); }
struct kvm_memslots *kvm_vcpu_memslots(struct kvm_vcpu *vcpu) { return &stress_world_of(vcpu->kvm)->memslots; }

void mark_page_dirty_in_slot(struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn) {
  if (slot) stress_check(slot, sizeof(*slot), false);
  if (slot && slot->dirty_bitmap) {
    stress_check(&slot->dirty_bitmap[gfn / 64], sizeof(u64), true);
    __atomic_fetch_or(&slot->dirty_bitmap[gfn / 64], 1UL << gfn % 64, __ATOMIC_RELAXED);
  }
}

// An xarray lookup under RCU in the kernel: not ordered by mmu_lock, so a schedule point.
bool kvm_mem_is_private(struct kvm *kvm, gfn_t gfn) {
  return READ_ONCE(stress_world_of(kvm)->private_bits[gfn / 64]) >> gfn % 64 & 1;
}

// Only looked at under slots_lock, by whoever writes them.
unsigned long kvm_get_memory_attributes(struct kvm *kvm, gfn_t gfn) {
  return stress_gfn_is_private(stress_world_of(kvm), gfn) ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
}
bool kvm_range_has_memory_attributes(
    struct kvm *kvm, gfn_t start, gfn_t end, unsigned long mask, unsigned long attributes) {
  for (gfn_t gfn = start; gfn < end; gfn++)
    if ((kvm_get_memory_attributes(kvm, gfn) & mask) != attributes) return false;
  return true;
}

void stress_set_private(struct stress_world *world, u64 start, u64 end, bool is_private) {
  for (u64 gfn = start; gfn < end; gfn++) {
    u64 bit = 1ULL << gfn % 64;
    if (is_private)
      __atomic_fetch_or(&world->private_bits[gfn / 64], bit, __ATOMIC_RELEASE);
    else
      __atomic_fetch_and(&world->private_bits[gfn / 64], ~bit, __ATOMIC_RELEASE);
  }
}

// Tracepoints.

void trace_kvm_mmu_get_page(struct kvm_mmu_page *sp, bool created) {
  struct stress_table table = {
      .page = sp->spt, .object = sp, .gfn = sp->gfn, .parent = (u64 *)sp->ptep, .level = sp->role.level,
      .is_mirror = stress_is_mirror(sp),
  };
  STRESS_TELL(stress_current(), table_made, &table);
}

void trace_kvm_mmu_prepare_zap_page(struct kvm_mmu_page *sp) {
  STRESS_TELL(stress_current(), trace, STRESS_TRACE_TABLE_REMOVED, sp->gfn, sp->role.level, (u64)sp->spt, 0);
}
