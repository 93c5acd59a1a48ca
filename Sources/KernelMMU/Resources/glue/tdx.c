// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The S-EPT half of arch/x86/kvm/vmx/tdx.c and the SEAMCALL wrappers of arch/x86/virt/vmx/tdx/tdx.c, lifted from the
// tree. Below them stands the host's TDX module.
#include "glue.h"

#ifdef HAVE_KVM_MIRROR_ROOTS

static noinline u64 stress_seamcall(u64 leaf, struct tdx_module_args *args) {
  struct stress_task *task = stress_current();
  struct stress_registers registers = {
      .rcx = args->rcx, .rdx = args->rdx, .r8 = args->r8, .r9 = args->r9, .r10 = args->r10, .r11 = args->r11,
  };
  task->caller = __builtin_return_address(0);
  u64 status = STRESS_ASK(task, seamcall, leaf, &registers, __builtin_return_address(0));
  args->rcx = registers.rcx;
  args->rdx = registers.rdx;
  args->r8 = registers.r8;
  args->r9 = registers.r9;
  args->r10 = registers.r10;
  args->r11 = registers.r11;
  return status;
}
#define seamcall(leaf, args) stress_seamcall(leaf, args)
#define seamcall_ret(leaf, args) stress_seamcall(leaf, args)

// Pages of the guest have no content here, nor have those of the S-EPT for the kernel.
#define tdx_clear_page(page) ((void)(page))
// The page that initial content is copied from: any that exists.
#define get_user_pages_fast(start, count, flags, to) ((void)(start), *(to) = stress_current()->pages, 1)

// A vCPU's exit. The guest accepts pages after they are there, so no violation finds one pending.
#define to_tdx(vcpu) (stress_current()->exit)
#define vmx_get_exit_qual(vcpu) 0UL
#define vt_is_tdx_private_gpa(kvm, gpa) (!kvm_is_addr_direct(kvm, gpa))
#define __vmx_handle_ept_violation(vcpu, gpa, qualification) stress_ept_violation(vcpu, gpa, qualification)
// Asked before a fault is tried again. Whether it leads to an end is the host's to say, and so is when to look again.
#define kvm_vcpu_has_events(vcpu) stress_ask(STRESS_ASK_EVENTS)
#define signal_pending(task) 0

#include <extracted/tdx-tdx.c>
#include <extracted/vmx-tdx.c>

#line 44 "glue/tdx.c"
// The VM's key; any positive number.
enum { STRESS_HKID = 1 };

void stress_tdx_initialize(void) {
#include <extracted/hooks.h>
  stress_plant_initialize();
}

void stress_tdx_create(struct kvm *kvm) {
  struct kvm_tdx *tdx = to_kvm_tdx(kvm);
  tdx->hkid = STRESS_HKID;
  tdx->state = TD_STATE_INITIALIZED;
  // The TDR's page is the first of the arena, which is never a page table.
  tdx->td.tdr_page = stress_current()->pages;
}

// tdx_td_finalize()
int stress_tdx_finalize(struct kvm *kvm) {
  struct kvm_tdx *tdx = to_kvm_tdx(kvm);
  struct tdx_module_args args = {.rcx = page_to_phys(tdx->td.tdr_page)};
  if (!is_hkid_assigned(tdx) || tdx->state == TD_STATE_RUNNABLE) return -EINVAL;
#ifdef HAVE_kvm_tdx_nr_premapped
  if (atomic64_read(&tdx->nr_premapped)) return -EINVAL;
#endif
  u64 status = seamcall(TDH_MR_FINALIZE, &args);
  if (tdx_operand_busy(status)) return -EBUSY;
  if (KVM_BUG_ON(status, kvm)) return -EIO;
  tdx->state = TD_STATE_RUNNABLE;
  smp_wmb();
#ifdef HAVE_kvm_arch_pre_fault_allowed
  kvm->arch.pre_fault_allowed = true;
#endif
  return 0;
}

// tdx_mmu_release_hkid(), for which each vCPU is out of the guest already.
void stress_tdx_release_hkid(struct kvm *kvm) {
  struct kvm_tdx *tdx = to_kvm_tdx(kvm);
  static const u64 leaves[] = {TDH_MNG_VPFLUSHDONE, TDH_PHYMEM_CACHE_WB, TDH_MNG_KEY_FREEID};
  if (!is_hkid_assigned(tdx)) return;
  for (u32 index = 0; index < ARRAY_SIZE(leaves); index++) {
    struct tdx_module_args args = {.rcx = page_to_phys(tdx->td.tdr_page)};
    u64 status = seamcall(leaves[index], &args);
    if (KVM_BUG_ON(status, kvm)) return;
  }
  tdx->hkid = -1;
}

// tdx_gmem_post_populate() of a page that nobody measures.
int stress_tdx_populate(struct kvm_vcpu *vcpu, u64 gfn, u64 pfn) {
#ifdef HAVE_kvm_tdp_mmu_map_private_pfn
  struct kvm_tdx *tdx = to_kvm_tdx(vcpu->kvm);
  tdx->page_add_src = stress_current()->pages;
  int result = kvm_tdp_mmu_map_private_pfn(vcpu, gfn, pfn);
  tdx->page_add_src = NULL;
  return result;
#else
  struct tdx_gmem_post_populate_arg argument = {.vcpu = vcpu};
  return tdx_gmem_post_populate(vcpu->kvm, gfn, pfn, NULL, 0, &argument);
#endif
}

// TDH.MEM.PAGE.ADD of a page of any level, which the module proper has of 4K alone.
u64 stress_tdx_add_page(struct kvm *kvm, u64 gfn, u64 pfn, u32 level) {
  struct tdx_module_args args = {
      .rcx = gfn_to_gpa(gfn) | (level - PG_LEVEL_4K), .rdx = page_to_phys(to_kvm_tdx(kvm)->td.tdr_page),
      .r8 = PFN_PHYS(pfn),
  };
  return seamcall(TDH_MEM_PAGE_ADD, &args);
}

int stress_tdx_fault(struct kvm_vcpu *vcpu, u64 gfn) {
  struct vcpu_tdx exit = {.exit_gpa = gfn_to_gpa(gfn)};
  stress_current()->exit = &exit;
  int result = tdx_handle_ept_violation(vcpu);
  stress_current()->exit = NULL;
  return result;
}

bool stress_tdx_waits(struct kvm *kvm) {
  return __atomic_load_n(&to_kvm_tdx(kvm)->wait_for_sept_zap, __ATOMIC_ACQUIRE);
}

#endif
