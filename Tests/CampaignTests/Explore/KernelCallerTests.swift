/// The TDP MMU's callers are the kernel's own: what is broken in one of them is found by what it leads to.
import Campaign
import Foundation
import KernelMMU
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelCallerTests {
  struct Break: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var before: String
    var after = ";"
    var file = "arch/x86/kvm/mmu/mmu.c"
    var scenario: ScenarioName
    var checker: String
  }

  private static let breaks = [
    Break(
      testDescription: "kvm_mmu_zap_all_fast() without the zap of what it has invalidated",
      before: "kvm_tdp_mmu_zap_invalidated_roots(kvm, true);", scenario: .faultInvalidate, checker: "MAP-1"),
    Break(
      testDescription: "kvm_mmu_zap_all_fast() without its request",
      before: "kvm_make_all_cpus_request(kvm, KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);\n\n\tkvm_zap_obsolete_pages(kvm);",
      scenario: .faultInvalidate, checker: "LIV-1"),
    Break(
      testDescription: "kvm_unmap_gfn_range() that says nothing of a flush",
      before: "flush = kvm_tdp_mmu_unmap_gfn_range(kvm, range, flush);",
      after: "kvm_tdp_mmu_unmap_gfn_range(kvm, range, flush);", scenario: .hardwareAd, checker: "TLB-2"),
    Break(
      testDescription: "kvm_arch_pre_set_memory_attributes() that unmaps the wrong kind",
      before: "range->attr_filter = KVM_FILTER_SHARED;", after: "range->attr_filter = KVM_FILTER_PRIVATE;",
      scenario: .faultConvert, checker: "MAP-1"),
    Break(
      testDescription: "kvm_mmu_zap_all() without mmu_lock",
      before: "write_lock(&kvm->mmu_lock);\nrestart:", after: "restart:", scenario: .teardown, checker: "LCK-1"),
    Break(
      testDescription: "kvm_mmu_slot_try_split_huge_pages() that says it is alone",
      before: "kvm_tdp_mmu_try_split_huge_pages(kvm, memslot, start, end, target_level, true);",
      after: "kvm_tdp_mmu_try_split_huge_pages(kvm, memslot, start, end, target_level, false);",
      scenario: .faultSplit, checker: "LCK-1"),
    Break(
      testDescription: "kvm_arch_mmu_enable_log_dirty_pt_masked() as with PML",
      before: "if (kvm->arch.cpu_dirty_log_size)\n\t\tkvm_mmu_clear_dirty_pt_masked",
      after: "if (!kvm->arch.cpu_dirty_log_size)\n\t\tkvm_mmu_clear_dirty_pt_masked",
      scenario: .dirtyLogging, checker: "WP-1"),
    Break(
      testDescription: "kvm_mmu_slot_apply_flags() without write-protection",
      before: "\t\t\tkvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_4K);", after: "\t\t\t;",
      file: "arch/x86/kvm/x86.c", scenario: .dirtyLogging, checker: "WP-1"),
  ]

  @Test(arguments: breaks)
  func `a caller that is broken is found`(_ broken: Break) throws {
    let kernel = try KernelTrees.broken([(broken.before, broken.after)], in: broken.file)
    var configuration = ExploreConfiguration(
      scenario: broken.scenario, length: .schedules(20_000), seed: 1, jobs: 1)
    configuration.kernel = kernel
    let record = Explorations.run(configuration)
    #expect(record.harnessFaults.isEmpty)
    let violation = try #require(record.violations.first)
    #expect(violation.checker == broken.checker, "\(violation.seen)")
  }
}
