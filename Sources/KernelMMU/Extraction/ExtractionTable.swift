/// What is taken from a kernel tree: all that changes between versions, and the functions of files that are not
/// compiled whole.
private let archHost = "arch/x86/include/asm/kvm_host.h"
private let host = "include/linux/kvm_host.h"
private let mmu = "arch/x86/kvm/mmu/mmu.c"
private let tdx = "arch/x86/kvm/vmx/tdx.c"
private let tdxHeader = "arch/x86/kvm/vmx/tdx.h"
private let seamcalls = "arch/x86/virt/vmx/tdx/tdx.c"

extension Extraction {
  package static let table: [Extraction] = types + members + functions

  private static let types: [Extraction] = [
    .required(
      "kvm_types.h", archHost,
      take: .definitions([
        "INVALID_PAGE", "VALID_PAGE", "KVM_MAX_HUGEPAGE_LEVEL", "KVM_NR_PAGE_SIZES", "KVM_HPAGE_GFN_SHIFT",
        "KVM_HPAGE_SHIFT", "KVM_HPAGE_SIZE", "KVM_HPAGE_MASK", "KVM_PAGES_PER_HPAGE", "PT64_ROOT_MAX_LEVEL",
        "KVM_MMU_NUM_PREV_ROOTS",
      ])),
    .required("kvm_types.h", archHost, take: .macros(prefix: "PFERR_")),
    .required("kvm_types.h", host, take: .macros(prefix: "KVM_REQ")),
    .required("kvm_types.h", host, take: .macros(prefix: "KVM_ARCH_REQ")),
    .required("kvm_types.h", archHost, take: .macros(prefix: "KVM_REQ_")),
    .required("kvm_types.h", host, take: .macros(prefix: "KVM_PFN_ERR_")),
    .required("kvm_types.h", "arch/x86/include/uapi/asm/kvm.h", take: .definitions(["KVM_X86_TDX_VM"])),
    .required("kvm_types.h", "arch/x86/include/uapi/asm/kvm.h", take: .definitions(["KVM_X86_DEFAULT_VM"])),
    .required("kvm_types.h", archHost, "arch/x86/kvm/x86.h", take: .definitions(["kvm_host_values"])),
    .required(
      "kvm_types.h", archHost,
      take: .definitions(["kvm_mmu_page_role", "kvm_mmu_extended_role", "kvm_cpu_role"])),
    .optional("kvm_types.h", archHost, take: .definitions(["kvm_rmap_head", "rsvd_bits_validate", "kvm_page_format"])),
    .required("kvm_types.h", archHost, take: .definitions(["kvm_mmu_root_info"])),
    .optional("kvm_types.h", archHost, take: .definitions(["kvm_pagewalk"])),
    .required("kvm_types.h", archHost, take: .definitions(["kvm_mmu", "kvm_lpage_info", "kvm_arch_memory_slot"])),
    .optional("kvm_types.h", archHost, take: .definitions(["kvm_mmu_type", "kvm_possible_nx_huge_pages"])),
    .required(
      "kvm_types.h", host, take: .definitions(["kvm_mmu_notifier_arg", "kvm_gfn_range_filter", "kvm_gfn_range"])),
    .required(
      "kvm_types.h", "include/linux/kvm_types.h",
      take: .definitions(["HALT_POLL_HIST_COUNT", "kvm_vm_stat_generic", "kvm_vcpu_stat_generic"])),
    .required("kvm_types.h", archHost, take: .definitions(["kvm_vm_stat", "kvm_vcpu_stat"])),
    .required("kvm_functions.h", host, take: .definitions(["is_error_noslot_pfn"])),
    .optional("kvm_functions.h", host, take: .definitions(["mmu_invalidate_retry_gfn"])),
    .required("tdx_types.h", "arch/x86/include/asm/tdx.h", take: .macros(prefix: "TDX_")),
    .optional("tdx_types.h", "arch/x86/include/asm/shared/tdx_errno.h", take: .macros(prefix: "TDX_")),
    .optional("tdx_types.h", "arch/x86/kvm/vmx/tdx_errno.h", take: .macros(prefix: "TDX_")),
    .required("tdx_types.h", "arch/x86/include/asm/shared/tdx.h", take: .macros(prefix: "TDX_PS_")),
    .required("tdx_types.h", "arch/x86/include/asm/shared/tdx.h", take: .definitions(["tdx_module_args"])),
    .required("tdx_types.h", "arch/x86/virt/vmx/tdx/tdx.h", take: .macros(prefix: "TDH_")),
    .required("tdx_types.h", "arch/x86/include/asm/tdx.h", take: .definitions(["tdx_td"])),
    .required("tdx_types.h", tdxHeader, take: .definitions(["kvm_tdx_state", "kvm_tdx"])),
  ]

  private static let members: [Extraction] = [
    .required(
      "kvm_arch.h", archHost,
      take: .members(of: "kvm_arch", ["vm_type", "tdp_mmu_roots", "tdp_mmu_pages_lock", "shadow_mmio_value"])),
    .optional(
      "kvm_arch.h", archHost,
      take: .members(
        of: "kvm_arch",
        [
          "mmu_valid_gen", "has_private_mem", "pre_fault_allowed", "possible_nx_huge_pages", "tdp_mmu_pages",
          "has_mapped_host_mmio", "indirect_shadow_pages", "shadow_root_allocated", "disable_nx_huge_pages",
          "gfn_direct_bits", "cpu_dirty_log_size", "nx_huge_page_recovery_thread_unused",
        ])),
    .required(
      "kvm_vcpu_arch.h", archHost,
      take: .members(of: "kvm_vcpu_arch", ["mmu", "root_mmu", "guest_mmu"])),
    .required(
      "kvm_vcpu_arch.h", archHost,
      take: .members(
        of: "kvm_vcpu_arch",
        ["mmu_pte_list_desc_cache", "mmu_shadow_page_cache", "mmu_shadowed_info_cache", "mmu_page_header_cache"])),
    .optional(
      "kvm_vcpu_arch.h", archHost,
      take: .members(
        of: "kvm_vcpu_arch",
        ["mmu_external_spt_cache", "nested_mmu", "gva_walk", "ngpa_walk", "walk_mmu", "pkru"])),
    .optional(
      "kvm_x86_ops.h", archHost,
      take: .members(of: "kvm_x86_ops", ["get_mt_mask", "get_rflags", "load_mmu_pgd"])),
    // How the mirror's changes reach tdx.c: its shape differs between versions.
    .required("kvm_x86_ops.h", archHost, take: .membersLike(of: "kvm_x86_ops", part: "external")),
  ]

  private static let functions: [Extraction] = [
    .required(
      "mmu.c", mmu,
      take: .closure(
        roots: [
          "kvm_tdp_mmu_page_fault", "kvm_tdp_mmu_map_private_pfn", "kvm_mmu_hugepage_adjust",
          "disallowed_hugepage_adjust", "track_possible_nx_huge_page", "untrack_possible_nx_huge_page",
          "kvm_recover_nx_huge_pages", "reset_tdp_shadow_zero_bits_mask", "mmu_free_root_page",
          "is_obsolete_sp",
        ], prefix: nil, except: mmuAnswered)),
    .optional(
      "mmu_optional.c", mmu,
      take: .closure(roots: ["update_spte_permission_bitmask"], prefix: nil, except: mmuAnswered)),
    .required(
      "seamcalls.c", seamcalls,
      take: .closure(
        roots: [
          "tdh_mem_page_add", "tdh_mem_sept_add", "tdh_mem_page_aug", "tdh_mem_range_block", "tdh_mem_track",
          "tdh_mem_page_remove", "tdh_phymem_page_reclaim", "tdh_phymem_page_wbinvd_hkid",
        ], prefix: "tdh_mem_", except: ["pr_fmt"])),
    .required(
      "tdx.c", tdx, take: .closure(roots: ["is_hkid_assigned"], prefix: "tdx_sept_", except: ["pr_fmt"])),
    .required(
      "tdx_ops.h", tdx,
      take: .assignments(prefix: "vt_x86_ops", to: "kvm_x86_ops", of: "kvm_x86_ops", in: archHost)),
  ]

  /// What the glue answers for `mmu.c`: the shadow MMU, which is never entered, and what asks the host's mm.
  private static let mmuAnswered: Set<String> = [
    "pr_fmt", "kvm_mmu_faultin_pfn", "kvm_mmu_max_mapping_level", "kvm_mmu_finish_page_fault",
    "kvm_mmu_prepare_zap_page", "kvm_mmu_commit_zap_page", "fast_pf_get_last_sptep",
    "walk_shadow_page_lockless_begin", "walk_shadow_page_lockless_end", "page_fault_handle_page_track",
    "nx_huge_pages_recovery_ratio", "boot_cpu_is_amd", "__reset_rsvds_bits_mask", "kvm_mmu_reload",
    "kvm_mmu_load", "max_huge_page_level", "mmu_page_header_cache", "tdp_enabled", "tdp_mmu_enabled",
    "eager_page_split", "nx_huge_pages", "kvm_assert_gmem_invalidate_lock_held", "is_cr4_smep", "is_cr4_smap",
  ]
}

extension Probe {
  static let table = [
    Probe(
      flag: "TWO_EPT_MASK_ARGUMENTS", file: "arch/x86/kvm/mmu.h",
      text: "void kvm_mmu_set_ept_masks(bool has_ad_bits, bool has_exec_only)"),
    Probe(
      flag: "NX_RECOVERY_BY_TYPE", file: mmu,
      text: "kvm_recover_nx_huge_pages(struct kvm *kvm, const enum kvm_mmu_type mmu_type)"),
    Probe(
      flag: "ROOT_BY_KIND", file: "arch/x86/kvm/mmu/tdp_mmu.h",
      text: "kvm_tdp_mmu_alloc_root(struct kvm_vcpu *vcpu, bool"),
  ]
}
