// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the glue files share: the world that all state hangs off, and the doors into the extracted files.
#pragma once

#include <linux/kvm_host.h>
#include "mmu.h"
#include "mmu/mmu_internal.h"
#include "mmu/tdp_iter.h"
#include "mmu/tdp_mmu.h"
#include "mmu/spte.h"

enum { STRESS_ROOT_LEVEL = 4 };

struct stress_array {
  u64 start, end;
};

struct stress_world {
  struct stress_world_config config;
  const struct stress_host *host;
#ifdef HAVE_KVM_MIRROR_ROOTS
  struct kvm_tdx tdx;
#else
  struct {
    struct kvm kvm;
  } tdx;
#endif
  // Two versions of the one slot: `active` is the one that new faults get, the other may still be used by old ones.
  struct kvm_memory_slot slots[2];
  u32 active;
  // A bit a slot: no fault may use it any more, or none yet. And whether the dirty bitmap exists.
  u32 dead_slots;
  bool logs;
  // Faults under way, by which half of SRCU's two they count in.
  u32 srcu_half;
  u32 srcu_readers[2];
  struct kvm_memslots memslots;
  // One entry a 2M region and, behind them, one a region of 1G: whether its pages are partly private and partly shared.
  struct kvm_lpage_info *regions;
  // A bit a gfn.
  u64 *private_bits;
  unsigned long *dirty_bits;
  // What the owner of memory is taking away: MMU notifiers under way, and a range that covers all of theirs.
  u32 takers;
  gfn_t taken_start, taken_end;
  u64 flushes;
  // How often the time was asked for.
  u64 ticks;
  // Where the arrays behind the vCPUs begin and end.
  struct stress_array arrays[3];
  struct kvm_vcpu vcpus[];
};

static inline struct kvm *stress_kvm(struct stress_task *task) { return &task->world->tdx.kvm; }
static inline struct stress_world *stress_world_of(struct kvm *kvm) {
  return container_of(kvm, struct stress_world, tdx.kvm);
}

#include "roots.h"

// machine.c
void stress_variables_initialize(void);
// Of a kernel that was compiled to be counted.
const struct stress_counters *stress_counted_functions(void);
u64 stress_counted_functions_count(void);

// audit.c
const char *stress_list_of(const struct stress_task *task, const void *object);

// sane.c
void stress_mark_world(struct stress_world *world, u64 bytes);
// For accesses of glue in the place of the kernel's own code.
void stress_check(const volatile void *address, u64 bytes, bool is_write);

// A frozen SPTE as the host knows it: another value up to Linux 7.1.
static inline u64 stress_as_host(u64 value) { return value == FROZEN_SPTE ? STRESS_FROZEN_ENTRY : value; }

// kvm.c
extern struct kmem_cache *stress_unused_cache;
void stress_globals_initialize(void);
void stress_set_private(struct stress_world *world, u64 start, u64 end, bool is_private);

// mmu.c
void stress_mmu_initialize(struct kvm_vcpu *vcpu);
int stress_page_fault(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault);
int stress_topup(struct kvm_vcpu *vcpu);
void stress_free_root(struct kvm *kvm, hpa_t *root);
bool stress_root_is_obsolete(struct kvm *kvm, hpa_t root);
void stress_mmu_zap_all_fast(struct kvm *kvm);
void stress_mmu_clear_dirty_masked(struct kvm *kvm, struct kvm_memory_slot *slot, u64 offset, u64 mask, bool wrprot);
void stress_recover_nx(struct kvm *kvm);

// plant.c
void stress_plant_initialize(void);
int stress_plant(struct stress_task *task, u32 vcpu, u64 gfn);

// slots.c
u32 stress_srcu_read_lock(struct stress_world *world);
void stress_srcu_read_unlock(struct stress_world *world, u32 half);

// x86.c
void stress_slot_flags_changed(struct kvm *kvm, struct kvm_memory_slot *old, const struct kvm_memory_slot *new);

// tdx.c
void stress_tdx_initialize(void);
void stress_tdx_create(struct kvm *kvm);
int stress_tdx_finalize(struct kvm *kvm);
void stress_tdx_release_hkid(struct kvm *kvm);
int stress_tdx_populate(struct kvm_vcpu *vcpu, u64 gfn, u64 pfn);
int stress_tdx_fault(struct kvm_vcpu *vcpu, u64 gfn);
bool stress_tdx_waits(struct kvm *kvm);
u64 stress_tdx_add_page(struct kvm *kvm, u64 gfn, u64 pfn, u32 level);

// world.c, operations.c, inspect.c: the functions of struct stress_kernel.
u64 stress_world_bytes(const struct stress_world_config *config);
struct stress_world *stress_world_create(
    void *memory, const struct stress_world_config *config, const struct stress_host *host);
struct stress_task *stress_task_create(
    void *memory, struct stress_world *world, void *host_task, struct stress_point *point);
void stress_vm_create(struct stress_task *task);
void stress_vm_destroy(struct stress_task *task);
int stress_finalize(struct stress_task *task);
void stress_release_hkid(struct stress_task *task);
void stress_load_roots(struct stress_task *task, u32 vcpu);
void stress_put_roots(struct stress_task *task, u32 vcpu);
bool stress_reload(struct stress_task *task, u32 vcpu);
int stress_topup_caches(struct stress_task *task, u32 vcpu);

int stress_fault(struct stress_task *task, u32 vcpu, struct stress_fault *fault);
int stress_ept_violation(struct kvm_vcpu *vcpu, gpa_t address, unsigned long qualification);
int stress_populate(struct stress_task *task, u32 vcpu, u64 gfn, u64 pfn);
bool stress_zap_leafs(struct stress_task *task, u64 start, u64 end);
bool stress_unmap_range(struct stress_task *task, u64 start, u64 end, u32 filter, bool may_block);
bool stress_convert(struct stress_task *task, u64 start, u64 end, bool to_private);
bool stress_age(struct stress_task *task, u64 start, u64 end, u32 filter, bool test_only);
void stress_split(struct stress_task *task, u64 start, u64 end, u32 target_level, bool shared);
bool stress_wrprot(struct stress_task *task, u64 start, u64 end, u32 min_level);
bool stress_write_protect_gfn(struct stress_task *task, u64 gfn, u32 min_level);
void stress_clear_dirty(struct stress_task *task, u64 start, u64 end);
void stress_clear_dirty_masked(struct stress_task *task, u64 gfn, u64 mask, bool wrprot);
void stress_recover_huge(struct stress_task *task, u64 start, u64 end);
void stress_recover_nx_pages(struct stress_task *task, u32 ratio);
bool stress_log_dirty(struct stress_task *task, bool on);
bool stress_collect_dirty(struct stress_task *task, u64 start, u64 end);
u32 stress_touch(struct stress_task *task, u32 vcpu, u64 gfn, bool write);
void stress_zap_all(struct stress_task *task);
void stress_invalidate(struct stress_task *task, u32 filter);
void stress_zap_invalidated(struct stress_task *task, bool shared);
void stress_zap_all_fast(struct stress_task *task);
void stress_run_rcu(struct stress_task *task, struct stress_rcu_head *head);

u32 stress_walk(struct stress_world *world, u64 gfn, bool is_private, struct stress_step *steps);
u32 stress_roots(struct stress_world *world, struct stress_root *roots, u32 count);
void stress_statistics(struct stress_world *world, struct stress_statistics *statistics);
bool stress_waits_for_sept_zap(struct stress_world *world);
bool stress_gfn_is_private(struct stress_world *world, u64 gfn);
bool stress_must_reload(struct stress_world *world, u32 vcpu);
bool stress_is_bugged(struct stress_world *world);
bool stress_logs_dirty(struct stress_world *world);
bool stress_is_dirty(struct stress_world *world, u64 gfn);
bool stress_audit(struct stress_world *world, u8 *marks, struct stress_audit *audit);
void stress_note_tracked(struct stress_world *world, bool any);
bool stress_is_invalid(const void *object);
const void *stress_caller(const struct stress_task *task);
const char *stress_word_name(const struct stress_world *world, const void *object, const void *address);
