// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What crosses between the host and a kernel that was compiled from a user's tree: plain numbers, pointers that one
// side hands out and the other only hands back, and two tables of functions. No kernel type crosses.
//
// The shared object exports one symbol, stress_kernel_open(). Tables begin with their version and their size, so that
// either side can refuse the other with a sentence instead of a crash.
#pragma once

#include "stress_abi_types.h"

// Kernel to host. `task` is the pointer given to task_create(). Any of these may switch to another task before it
// returns, or never return: nothing on a kernel stack has to be unwound. `where` is an address in the object, for
// symbolizing: whose code it was.
struct stress_host {
  uint32_t version;
  uint32_t bytes;

  // An access to a page-table entry has happened. Reads are told of only when they met what is neither present nor
  // empty, because most of a walk's reads mean nothing to any rule.
  void (*accessed)(
      void *task, uint32_t access, uint64_t *entry, uint64_t old, uint64_t value, const void *where);

  // A fault has read mmu_invalidate_seq and looks up the memory behind its gfn.
  void (*looked_up)(void *task);
  // A zap has come to the end of its range, with mmu_lock held for write ever since, but for yields.
  void (*zapped)(void *task);

  // Locks. `lock` belongs to the kernel; its words are the host's to use, zero at first.
  // Taking and leaving one are schedule points that the host makes.
  void (*lock)(void *task, struct stress_lock *lock, uint32_t mode, const void *where);
  void (*unlock)(void *task, struct stress_lock *lock, uint32_t mode, const void *where);
  // cond_resched_rwlock_*(): the lock is given up and taken again.
  // `entry` is what the task has read last, a page-table entry where a walk yields.
  void (*yield_lock)(
      void *task, struct stress_lock *lock, uint32_t mode, const volatile void *entry, const void *where);
  // After a yield, each access to a page-table entry: until the host knows that the walk has moved on.
  // Returns whether it wants to hear of the next.
  bool (*walked)(void *task, const uint64_t *entry, bool is_write);
  // need_resched(), rwlock_needbreak() and kvm_vcpu_has_events(): one of STRESS_ASK_*. The last is asked by a fault
  // that would try again: the host answers once there is reason to, or that the vCPU has to leave.
  bool (*ask)(void *task, uint32_t question);

  void (*rcu_read_lock)(void *task);
  void (*rcu_read_unlock)(void *task);
  // The host runs the callback by run_rcu() once no reader from before this call is left.
  void (*call_rcu)(void *task, struct stress_rcu_head *head, const void *where);
  // rcu_barrier(): returns after every callback deferred so far has run. No other task may be in a read section for
  // ever.
  void (*rcu_barrier)(void *task);

  // A page of the arena, NULL if there is none left; of STRESS_UNWRITTEN, and one for the TDX module of zeroes. The
  // kernel sets its contents without telling until it links it.
  void *(*page_alloc)(void *task, uint32_t purpose);
  void (*page_free)(void *task, void *page, const void *where);
  // Memory for a kernel object of at most STRESS_OBJECT_BYTES, aligned to 64 bytes and zeroed. Behind `bytes` it is
  // nobody's.
  void *(*object_alloc)(void *task, uint64_t bytes);
  void (*object_free)(void *task, void *object, const void *where);
  // A page was made a page table: nobody can reach it yet.
  void (*table_made)(void *task, const struct stress_table *table);

  // SEAMCALL: leaf and registers as the TDX module gets them; outputs are written back.
  uint64_t (*seamcall)(void *task, uint64_t leaf, struct stress_registers *registers, const void *where);
  // kvm_make_all_cpus_request(): STRESS_REQUEST_*. With STRESS_REQUEST_WAIT it returns after every vCPU that was in the
  // guest has left it.
  void (*request)(void *task, uint32_t request);
  void (*flush_tlbs)(void *task, uint64_t gfn, uint64_t pages);

  void (*violation)(void *task, const struct stress_violation *violation);
  // What the harness's own half has found of a rule. After a STRESS_FINDING_ACCESS the host must not return.
  void (*finding)(void *task, const struct stress_finding *finding);
  // A tracepoint that says what the kernel believes it has done; for the reader of a trace, never for a checker.
  void (*trace)(void *task, uint32_t event, uint64_t gfn, uint32_t level, uint64_t old, uint64_t value);
  void (*print)(void *task, const char *text);
};

// Host to kernel. Each function runs on the calling task, and takes the locks that the kernel's own caller would take
// unless it says otherwise. `bool` results tell whether anything was changed (the kernel's `flush`).
struct stress_kernel {
  uint32_t version;
  uint32_t bytes;
  // The kernel's own version, for example "7.3.4".
  const char *kernel_version;
  // Where the object stands in memory: what `where` is relative to for a debugger.
  const void *base;
  // The variables of the object's files, as they are once it is open. What of them changes while a world runs is that
  // world's: the host puts it back.
  void *variables;
  uint64_t variables_bytes;
  // How often what of each function ran, where it was compiled to be counted; else 0 functions. No execution puts it
  // back.
  const struct stress_counters *counters;
  uint64_t counters_count;
  uint64_t task_bytes;

  // Memory that one world needs, zeroed, aligned to 64 bytes. All that the kernel side changes is in there, in its
  // tasks, in the arena, in `page_private`, in the host's objects and in `variables`.
  uint64_t (*world_bytes)(const struct stress_world_config *config);
  // NULL if the host's table is of another version or size.
  struct stress_world *(*world_create)(
      void *memory, const struct stress_world_config *config, const struct stress_host *host);
  // Before any other call of the task. `memory` holds task_bytes, zeroed.
  struct stress_task *(*task_create)(
      void *memory, struct stress_world *world, void *host_task, struct stress_point *point);

  // KVM_CREATE_VM: the TD is not finalized yet.
  void (*vm_create)(struct stress_task *task);
  // The VM's end, in the kernel's order: private pages are zapped, the HKID is released, then everything is.
  void (*vm_destroy)(struct stress_task *task);
  // TDH.MR.FINALIZE: pages are added by PAGE.AUG from here on.
  int32_t (*finalize)(struct stress_task *task);
  void (*release_hkid)(struct stress_task *task);

  // kvm_mmu_load() and kvm_mmu_unload(); `reload` does both if the vCPU was asked to give up an invalid root.
  void (*load_roots)(struct stress_task *task, uint32_t vcpu);
  void (*put_roots)(struct stress_task *task, uint32_t vcpu);
  bool (*reload)(struct stress_task *task, uint32_t vcpu);
  int32_t (*topup)(struct stress_task *task, uint32_t vcpu);

  // kvm_tdp_mmu_page_fault(), one attempt: STRESS_FAULT_* or a negative errno.
  int32_t (*fault)(struct stress_task *task, uint32_t vcpu, struct stress_fault *fault);
  // kvm_tdp_mmu_map_private_pfn(): an initial page, before `finalize`.
  int32_t (*populate)(struct stress_task *task, uint32_t vcpu, uint64_t gfn, uint64_t pfn);
  // A private 2M leaf, before `finalize`, whatever the tree's own tdx.c maps: STRESS_FAULT_* or a negative errno.
  int32_t (*plant)(struct stress_task *task, uint32_t vcpu, uint64_t gfn);

  // kvm_zap_gfn_range()
  bool (*zap_leafs)(struct stress_task *task, uint64_t start, uint64_t end);
  // kvm_unmap_gfn_range() as an MMU notifier or guest_memfd calls it; `filter` is STRESS_FILTER_*.
  bool (*unmap_range)(struct stress_task *task, uint64_t start, uint64_t end, uint32_t filter, bool may_block);
  // KVM_SET_MEMORY_ATTRIBUTES
  bool (*convert)(struct stress_task *task, uint64_t start, uint64_t end, bool to_private);
  // kvm_age_gfn() and kvm_test_age_gfn()
  bool (*age)(struct stress_task *task, uint64_t start, uint64_t end, uint32_t filter, bool test_only);
  // kvm_mmu_slot_try_split_huge_pages() if `shared`, else kvm_mmu_try_split_huge_pages()
  void (*split)(struct stress_task *task, uint64_t start, uint64_t end, uint32_t target_level, bool shared);
  // kvm_mmu_slot_remove_write_access()
  bool (*wrprot)(struct stress_task *task, uint64_t start, uint64_t end, uint32_t min_level);
  // kvm_mmu_slot_gfn_write_protect()
  bool (*write_protect_gfn)(struct stress_task *task, uint64_t gfn, uint32_t min_level);
  // kvm_mmu_slot_leaf_clear_dirty(), and the form for 64 gfns of a mask
  void (*clear_dirty)(struct stress_task *task, uint64_t start, uint64_t end);
  void (*clear_dirty_masked)(struct stress_task *task, uint64_t gfn, uint64_t mask, bool wrprot);
  // kvm_mmu_recover_huge_pages()
  void (*recover_huge)(struct stress_task *task, uint64_t start, uint64_t end);
  // kvm_recover_nx_huge_pages(): zaps the 1/`ratio`th part of the possible NX huge pages, rounded up.
  void (*recover_nx)(struct stress_task *task, uint32_t ratio);
  // KVM_SET_USER_MEMORY_REGION with another KVM_MEM_LOG_DIRTY_PAGES: kvm_mmu_slot_apply_flags() under slots_lock, once
  // all faults with the old slot have ended. False if it was so already.
  bool (*log_dirty)(struct stress_task *task, bool on);
  // KVM_GET_DIRTY_LOG: what the slot's bitmap holds of a range is cleared, and write-protected.
  bool (*collect_dirty)(struct stress_task *task, uint64_t start, uint64_t end);
  // An access of the vCPU's processor to shared memory, as a page walker makes it, without a lock or RCU:
  // STRESS_TOUCH_*.
  uint32_t (*touch)(struct stress_task *task, uint32_t vcpu, uint64_t gfn, bool write);

  // kvm_mmu_zap_all()
  void (*zap_all)(struct stress_task *task);
  // The halves of kvm_mmu_zap_all_fast(), and the whole, under slots_lock.
  void (*invalidate)(struct stress_task *task, uint32_t filter);
  void (*zap_invalidated)(struct stress_task *task, bool shared);
  void (*zap_all_fast)(struct stress_task *task);

  void (*run_rcu)(struct stress_task *task, struct stress_rcu_head *head);

  // What follows passes no schedule point and calls no host function.

  // The entries that translate `gfn` in one of the valid roots, from the root down; returns how many.
  uint32_t (*walk)(struct stress_world *world, uint64_t gfn, bool is_private, struct stress_step *steps);
  // Roots on the VM's list, at most `count`; returns how many there are.
  uint32_t (*roots)(struct stress_world *world, struct stress_root *roots, uint32_t count);
  void (*statistics)(struct stress_world *world, struct stress_statistics *statistics);
  // kvm_tdx->wait_for_sept_zap: vCPUs stay out of the guest while it is set.
  bool (*waits_for_sept_zap)(struct stress_world *world);
  bool (*is_private)(struct stress_world *world, uint64_t gfn);
  // KVM_REQ_MMU_FREE_OBSOLETE_ROOTS is pending: the vCPU must not enter the guest.
  bool (*must_reload)(struct stress_world *world, uint32_t vcpu);
  // kvm->vm_bugged
  bool (*is_bugged)(struct stress_world *world);
  // The slot has a dirty bitmap, and whether a gfn is in it.
  bool (*logs_dirty)(struct stress_world *world);
  bool (*is_dirty)(struct stress_world *world, uint64_t gfn);
  // While no task runs: whether each list holds the live headers that belong on it and no others, each root the
  // references that there are, and whether every header is in use somewhere. `marks`: a byte an object, its own to use.
  bool (*audit)(struct stress_world *world, uint8_t *marks, struct stress_audit *audit);
  // Notes which tables are on possible_nx_huge_pages: from now on they come off it with what removes them. Or that none
  // is known to, as a slot that is logged has them taken off and left.
  void (*note_tracked)(struct stress_world *world, bool any);
  // `role.invalid` of the header of a root.
  bool (*is_invalid)(const void *object);
  // Where in the kernel's code the task has passed its last schedule point.
  const void *(*caller)(const struct stress_task *task);
  // What the kernel calls a word that tasks share, NULL for page tables and what has no name here. `object` is the
  // object that holds it, if one does.
  const char *(*word_name)(const struct stress_world *world, const void *object, const void *address);
  // An initial page's mirror SPTE is set and counted (`nr_premapped`) before its PAGE.ADD.
  bool adds_pages_late;
  // There is private memory: a VM may be a TD. Otherwise is_td must be false, and nothing is asked for that needs one.
  bool has_mirror_roots;
  // recover_huge() and the end of dirty logging take tables away where a huge page could stand, and map none.
  bool recovers_by_zap;
  // kvm_recover_nx_huge_pages() holds mmu_lock for write.
  bool recovers_nx_exclusively;
};

// NULL if the object speaks another version.
const struct stress_kernel *stress_kernel_open(uint32_t version);
typedef const struct stress_kernel *(*stress_kernel_open_function)(uint32_t version);
