// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A private 2M leaf that the tree's own tdx.c is not asked for: what the tree would do with one is asked all the same.
//
// The fault is the tree's, from the walk to the last store; only the hook by which it tells the external table is
// answered here, for this one leaf.
#include "glue.h"

#ifdef HAVE_kvm_x86_ops_set_external_spte
static u64 plant(struct kvm *kvm, gfn_t gfn, u32 level) {
  return stress_tdx_add_page(kvm, gfn, stress_current()->fault->pfn, level) ? -EBUSY : 0;
}
static bool is_planted(u32 level) { return stress_current()->is_planting && level == PG_LEVEL_2M; }

// From 7.2 on: the old and the new value.
static int (*tree_by_values)(struct kvm *, gfn_t, u64, u64, enum pg_level);
static int by_values(struct kvm *kvm, gfn_t gfn, u64 old_spte, u64 new_spte, enum pg_level level) {
  bool is_leaf = !is_shadow_present_pte(old_spte) && is_last_spte(new_spte, level);
  return is_leaf && is_planted(level) ? plant(kvm, gfn, level) : tree_by_values(kvm, gfn, old_spte, new_spte, level);
}
static __maybe_unused bool install_by_values(void *hook) {
  tree_by_values = *(typeof(tree_by_values) *)hook;
  *(typeof(tree_by_values) *)hook = by_values;
  return true;
}

// Up to 7.1: the leaf, as an SPTE or as a pfn.
static int (*tree_by_leaf)(struct kvm *, gfn_t, enum pg_level, u64);
static int by_leaf(struct kvm *kvm, gfn_t gfn, enum pg_level level, u64 leaf) {
  return is_planted(level) ? plant(kvm, gfn, level) : tree_by_leaf(kvm, gfn, level, leaf);
}
static __maybe_unused bool install_by_leaf(void *hook) {
  tree_by_leaf = *(typeof(tree_by_leaf) *)hook;
  *(typeof(tree_by_leaf) *)hook = by_leaf;
  return true;
}

static __maybe_unused bool install_nothing(void *hook) { return false; }

static bool can_plant;

void stress_plant_initialize(void) {
  // Whoever opens the object again has the tree's own hook in its place first.
  if (!kvm_x86_ops.set_external_spte) return;
  can_plant = _Generic(
      &kvm_x86_ops.set_external_spte,
      typeof(&tree_by_values): install_by_values,
      typeof(&tree_by_leaf): install_by_leaf,
      default: install_nothing)(&kvm_x86_ops.set_external_spte);
}
#else
static const bool can_plant;
void stress_plant_initialize(void) {}
#endif

int stress_plant(struct stress_task *task, u32 vcpu, u64 gfn) {
  stress_set_current(task);
  if (!can_plant) return -EOPNOTSUPP;
  int result = STRESS_FAULT_RETRY;
  // A SEAMCALL that adds a table on the way may be busy.
  for (u32 attempt = 0; attempt < 64 && result == STRESS_FAULT_RETRY; attempt++) {
    struct stress_fault request = {
        .gfn = gfn, .pfn = gfn, .is_private = true, .write = true, .map_writable = true, .max_level = PG_LEVEL_2M,
    };
    task->is_planting = true;
    result = stress_fault(task, vcpu, &request);
    task->is_planting = false;
    // A table was in the way.
    if (request.level != PG_LEVEL_2M) return STRESS_FAULT_OTHER;
  }
  return result;
}
