// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The one symbol that the shared object exports.
#include "glue.h"

// The linker's name for the first byte of the object.
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static struct stress_kernel table = {
    .version = STRESS_ABI_VERSION,
    .bytes = sizeof(struct stress_kernel),
    .base = __ehdr_start,
    .kernel_version = STRESS_KERNEL_VERSION,
    .task_bytes = sizeof(struct stress_task),
    .world_bytes = stress_world_bytes,
    .world_create = stress_world_create,
    .task_create = stress_task_create,
    .vm_create = stress_vm_create,
    .vm_destroy = stress_vm_destroy,
    .finalize = stress_finalize,
    .release_hkid = stress_release_hkid,
    .load_roots = stress_load_roots,
    .put_roots = stress_put_roots,
    .reload = stress_reload,
    .topup = stress_topup_caches,
    .fault = stress_fault,
    .populate = stress_populate,
    .plant = stress_plant,
    .zap_leafs = stress_zap_leafs,
    .unmap_range = stress_unmap_range,
    .convert = stress_convert,
    .age = stress_age,
    .split = stress_split,
    .wrprot = stress_wrprot,
    .write_protect_gfn = stress_write_protect_gfn,
    .clear_dirty = stress_clear_dirty,
    .clear_dirty_masked = stress_clear_dirty_masked,
    .recover_huge = stress_recover_huge,
    .recover_nx = stress_recover_nx_pages,
    .log_dirty = stress_log_dirty,
    .collect_dirty = stress_collect_dirty,
    .touch = stress_touch,
    .zap_all = stress_zap_all,
    .invalidate = stress_invalidate,
    .zap_invalidated = stress_zap_invalidated,
    .zap_all_fast = stress_zap_all_fast,
    .run_rcu = stress_run_rcu,
    .walk = stress_walk,
    .roots = stress_roots,
    .statistics = stress_statistics,
    .waits_for_sept_zap = stress_waits_for_sept_zap,
    .is_private = stress_gfn_is_private,
    .must_reload = stress_must_reload,
    .is_bugged = stress_is_bugged,
    .logs_dirty = stress_logs_dirty,
    .is_dirty = stress_is_dirty,
    .audit = stress_audit,
    .note_tracked = stress_note_tracked,
    .is_invalid = stress_is_invalid,
    .caller = stress_caller,
    .word_name = stress_word_name,
    .has_mirror_roots = STRESS_HAS_MIRROR_ROOTS,
    .recovers_by_zap = STRESS_RECOVERS_BY_ZAP,
// Linux 6.16 to 6.18
#ifdef HAVE_kvm_tdx_nr_premapped
    .adds_pages_late = true,
#endif
// Up to Linux 6.17
#ifndef HAVE_kvm_possible_nx_huge_pages
    .recovers_nx_exclusively = true,
#endif
};

__attribute__((visibility("default"))) const struct stress_kernel *stress_kernel_open(u32 version) {
  if (version != STRESS_ABI_VERSION) return NULL;
  stress_globals_initialize();
  stress_variables_initialize();
  table.variables = (void *)stress_variables.start;
  table.variables_bytes = stress_variables.bytes;
#ifdef STRESS_COVERAGE
  table.counters = stress_counted_functions();
  table.counters_count = stress_counted_functions_count();
#endif
  return &table;
}
