// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A VM's life: memory of a world, vCPUs and their roots, creation and the order of destruction.
#include "glue.h"

// GPA.SHARED of a four-level guest: bit 47, as a gfn bit.
#define SHARED_GFN_BIT BIT_ULL(47 - PAGE_SHIFT)

// Between the arrays of a world: so many bytes are nobody's.
enum { ARRAY_GAP = 128 };

static u64 words(u64 pages) { return (pages + 63) / 64; }
static u64 regions(u64 pages, int level) { return DIV_ROUND_UP(pages, KVM_PAGES_PER_HPAGE(level)); }
static u64 all_regions(u64 pages) { return regions(pages, PG_LEVEL_2M) + regions(pages, PG_LEVEL_1G); }

u64 stress_world_bytes(const struct stress_world_config *config) {
  return sizeof(struct stress_world) + config->vcpus * sizeof(struct kvm_vcpu) +
         all_regions(config->guest_pages) * sizeof(struct kvm_lpage_info) +
         2 * words(config->guest_pages) * sizeof(u64) + 4 * ARRAY_GAP + 64;
}

struct stress_world *stress_world_create(
    void *memory, const struct stress_world_config *config, const struct stress_host *host) {
  struct stress_world *world = memory;
  if (host->version != STRESS_ABI_VERSION || host->bytes != sizeof(*host)) return NULL;
  world->config = *config;
  world->host = host;
  u64 bitmap = words(config->guest_pages) * sizeof(u64);
  u64 sizes[] = {bitmap, bitmap, all_regions(config->guest_pages) * sizeof(struct kvm_lpage_info)};
  u64 end = (u64)&world->vcpus[config->vcpus];
  for (u32 index = 0; index < ARRAY_SIZE(sizes); index++) {
    world->arrays[index].start = end + ARRAY_GAP;
    end = world->arrays[index].end = end + ARRAY_GAP + sizes[index];
  }
  world->private_bits = (u64 *)world->arrays[0].start;
  world->dirty_bits = (unsigned long *)world->arrays[1].start;
  world->regions = (struct kvm_lpage_info *)world->arrays[2].start;
  stress_mark_world(world, stress_world_bytes(config));
  return world;
}

struct stress_task *stress_task_create(
    void *memory, struct stress_world *world, void *host_task, struct stress_point *point) {
  struct stress_task *task = memory;
  task->point = point;
  task->host_task = host_task;
  task->host = world->host;
  task->world = world;
  task->arena = (u64)world->config.arena;
  task->arena_bytes = world->config.arena_pages * PAGE_SIZE;
  task->first_pfn = world->config.first_pfn;
  task->pages = (struct page *)world->config.page_private;
  task->objects = (u64)world->config.objects;
  task->objects_bytes = world->config.objects_bytes;
  task->page_states = world->config.page_states;
  task->page_kinds = world->config.page_kinds;
  task->object_sizes = world->config.object_sizes;
  task->object_count = world->config.object_count;
  task->quiet = world->config.quiet;
  task->object_stride = world->config.object_stride;
  task->shared = (u64)world;
  task->shared_bytes = stress_world_bytes(&world->config);
  task->recovery_ratio = 1;
  return task;
}

static void create_vcpu(struct stress_world *world, u32 index) {
  struct kvm_vcpu *vcpu = &world->vcpus[index];
  memset(vcpu, 0, sizeof(*vcpu));
  vcpu->kvm = &world->tdx.kvm;
  vcpu->vcpu_id = index;
  vcpu->arch.mmu_pte_list_desc_cache.kmem_cache = stress_unused_cache;
  vcpu->arch.mmu_shadowed_info_cache.kmem_cache = stress_unused_cache;
  vcpu->arch.mmu_page_header_cache.kmem_cache = mmu_page_header_cache;
  vcpu->arch.mmu_shadow_page_cache.init_value = SHADOW_NONPRESENT_VALUE;
  vcpu->arch.mmu_shadow_page_cache.gfp_custom = STRESS_PAGE_TABLE;
#ifdef HAVE_kvm_vcpu_arch_mmu_external_spt_cache
  vcpu->arch.mmu_external_spt_cache.gfp_custom = STRESS_PAGE_EXTERNAL;
#endif
  stress_mmu_initialize(vcpu);
}

void stress_vm_create(struct stress_task *task) {
  stress_set_current(task);
  struct stress_world *world = task->world;
  struct kvm *kvm = &world->tdx.kvm;
  memset(&world->tdx, 0, sizeof(world->tdx));
  memset(world->slots, 0, sizeof(world->slots));
  world->active = world->srcu_half = 0;
  world->dead_slots = 1 << 1;
  world->logs = false;
  world->srcu_readers[0] = world->srcu_readers[1] = 0;
  memset(world->regions, 0, all_regions(world->config.guest_pages) * sizeof(*world->regions));
  memset(world->dirty_bits, 0, words(world->config.guest_pages) * sizeof(u64));
  memset(world->private_bits, world->config.is_td ? 0xff : 0, words(world->config.guest_pages) * sizeof(u64));
  world->takers = 0;
  world->flushes = 0;
  world->ticks = 0;

  kvm->mmu_lock.stress.kind = STRESS_LOCK_MMU;
  kvm->slots_lock.stress.kind = STRESS_LOCK_SLOTS;
  kvm->mmu_invalidate_range_start = kvm->mmu_invalidate_range_end = INVALID_GPA;
  kvm->created_vcpus = world->config.vcpus;
  refcount_set(&kvm->users_count, 1);
  kvm->arch.shadow_mmio_value = shadow_mmio_value;
  kvm->arch.vm_type = KVM_X86_DEFAULT_VM;
#ifdef HAVE_KVM_MIRROR_ROOTS
  if (world->config.is_td) kvm->arch.vm_type = KVM_X86_TDX_VM;
#endif
#ifdef HAVE_kvm_arch_has_private_mem
  kvm->arch.has_private_mem = world->config.is_td;
#endif
#ifdef HAVE_kvm_arch_gfn_direct_bits
  kvm->arch.gfn_direct_bits = world->config.is_td ? SHARED_GFN_BIT : 0;
#endif
#ifdef HAVE_kvm_arch_active_mmu_pages
  INIT_LIST_HEAD(&kvm->arch.active_mmu_pages);
#endif
#ifdef HAVE_kvm_arch_disable_nx_huge_pages
  kvm->arch.disable_nx_huge_pages = !world->config.nx_huge_pages;
#endif
#ifdef HAVE_kvm_possible_nx_huge_pages
  for (u32 index = 0; index < KVM_NR_MMU_TYPES; index++)
    INIT_LIST_HEAD(&kvm->arch.possible_nx_huge_pages[index].pages);
#elif defined(HAVE_kvm_arch_possible_nx_huge_pages)
  INIT_LIST_HEAD(&kvm->arch.possible_nx_huge_pages);
#endif
  kvm_mmu_init_tdp_mmu(kvm);
  kvm->arch.tdp_mmu_pages_lock.stress.kind = STRESS_LOCK_PAGES;
  if (world->config.is_td) stress_tdx_create(kvm);

  for (u32 index = 0; index < 2; index++) {
    world->slots[index].npages = world->config.guest_pages;
    world->slots[index].gmem.file = (struct file *)world;
    world->slots[index].arch.lpage_info[PG_LEVEL_2M - PG_LEVEL_2M] = world->regions;
    world->slots[index].arch.lpage_info[PG_LEVEL_1G - PG_LEVEL_2M] =
        world->regions + regions(world->config.guest_pages, PG_LEVEL_2M);
  }
  for (u32 index = 0; index < world->config.vcpus; index++) create_vcpu(world, index);
}

// kvm_mmu_load() of a TDP MMU: mmu_alloc_direct_roots().
static void load_roots(struct kvm_vcpu *vcpu) {
  struct kvm_mmu __maybe_unused *mmu = vcpu->arch.mmu;
  stress_topup(vcpu);
#ifdef HAVE_KVM_MIRROR_ROOTS
  if (kvm_has_mirrored_tdp(vcpu->kvm) && !VALID_PAGE(mmu->mirror_root_hpa)) {
    kvm_tdp_mmu_alloc_root(vcpu, true);
    stress_topup(vcpu);
  }
#endif
  stress_alloc_direct_root(vcpu);
}

static void put_root(struct kvm *kvm, hpa_t *root) {
  if (!VALID_PAGE(*root)) return;
  read_lock(&kvm->mmu_lock);
  stress_free_root(kvm, root);
  read_unlock(&kvm->mmu_lock);
}

void stress_load_roots(struct stress_task *task, u32 vcpu) {
  stress_set_current(task);
  load_roots(&task->world->vcpus[vcpu]);
}

void stress_put_roots(struct stress_task *task, u32 vcpu) {
  stress_set_current(task);
  put_root(stress_kvm(task), &task->world->vcpus[vcpu].arch.mmu->root.hpa);
}

// kvm_mmu_free_obsolete_roots() and kvm_mmu_reload(), as vcpu_enter_guest() calls them.
bool stress_reload(struct stress_task *task, u32 index) {
  stress_set_current(task);
  struct kvm_vcpu *vcpu = &task->world->vcpus[index];
  struct kvm_mmu *mmu = vcpu->arch.mmu;
  if (kvm_check_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu) && stress_root_is_obsolete(vcpu->kvm, mmu->root.hpa))
    put_root(vcpu->kvm, &mmu->root.hpa);
  if (likely(VALID_PAGE(mmu->root.hpa))) return false;
  load_roots(vcpu);
  return true;
}

int stress_topup_caches(struct stress_task *task, u32 vcpu) {
  stress_set_current(task);
  return stress_topup(&task->world->vcpus[vcpu]);
}

int stress_finalize(struct stress_task *task) {
  stress_set_current(task);
  return task->world->config.is_td ? stress_tdx_finalize(stress_kvm(task)) : 0;
}

void stress_release_hkid(struct stress_task *task) {
  stress_set_current(task);
  if (task->world->config.is_td) stress_tdx_release_hkid(stress_kvm(task));
}

void stress_vm_destroy(struct stress_task *task) {
  stress_set_current(task);
  struct stress_world *world = task->world;
  struct kvm *kvm = &world->tdx.kvm;
  // guest_memfd is closed first, which unmaps private memory while the TD's key still exists.
  if (world->config.is_td) stress_unmap_range(task, 0, world->config.guest_pages, STRESS_FILTER_PRIVATE, true);
  refcount_set(&kvm->users_count, 0);
  stress_release_hkid(task);
  stress_zap_all(task);
  for (u32 index = 0; index < world->config.vcpus; index++) {
    struct kvm_vcpu *vcpu = &world->vcpus[index];
    put_root(kvm, &vcpu->arch.mmu->root.hpa);
#ifdef HAVE_KVM_MIRROR_ROOTS
    put_root(kvm, &vcpu->arch.mmu->mirror_root_hpa);
#endif
    kvm_mmu_free_memory_cache(&vcpu->arch.mmu_page_header_cache);
    kvm_mmu_free_memory_cache(&vcpu->arch.mmu_shadow_page_cache);
#ifdef HAVE_kvm_vcpu_arch_mmu_external_spt_cache
    kvm_mmu_free_memory_cache(&vcpu->arch.mmu_external_spt_cache);
#endif
  }
  kvm_mmu_uninit_tdp_mmu(kvm);
}
