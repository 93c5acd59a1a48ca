/// What the pairs of a kernel are made of, each part held by a fault that shows in nothing else of them.
import Campaign
import Executions
import KernelMMU
import Records
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelPowerTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    var name: String
    var operations: [String]
    var table: String
    var checker: String
    var file: String
    var edits: [(String, String)]
    var plainAccesses = false

    var testDescription: String { name }
  }

  private static let tdpMmu = "arch/x86/kvm/mmu/tdp_mmu.c"

  static let faults = [
    Fault(
      name: "convert-both", operations: ["convert", "convert-region"], table: "shared-empty", checker: "MAP-1",
      file: "arch/x86/kvm/mmu/mmu.c",
      edits: [
        ("range->attr_filter = KVM_FILTER_SHARED;", "range->attr_filter = KVM_FILTER_SHARED | KVM_FILTER_PRIVATE;")
      ]),
    Fault(
      name: "convert-huge", operations: ["convert", "fault-2m-neighbour"], table: "shared-empty", checker: "MAP-1",
      file: "arch/x86/kvm/mmu/mmu.c", edits: [("|= KVM_LPAGE_MIXED_FLAG", "|= 0")]),
    Fault(
      name: "volatile-ignored", operations: ["unmap", "touch-write"], table: "shared-clean", checker: "DIRT-1",
      file: "arch/x86/kvm/mmu/spte.c",
      edits: [("return is_writable_pte(spte) && !(spte & shadow_dirty_mask);", "return false;")]),
    Fault(
      name: "collect-plain", operations: ["touch-write", "collect-dirty"], table: "shared-logged-clean",
      checker: "DIRT-1", file: "arch/x86/kvm/mmu/tdp_iter.h",
      edits: [
        (
          "if (kvm_tdp_mmu_spte_need_atomic_update(old_spte, level))\n\t\treturn tdp_mmu_clear",
          "if (0)\n\t\treturn tdp_mmu_clear"
        )
      ]),
    Fault(
      name: "root-early-free", operations: ["fault-late", "invalidate-rootless"], table: "shared-leaf",
      checker: "RCU-1",
      file: tdpMmu,
      edits: [
        (
          "call_rcu(&root->rcu_head, tdp_mmu_free_sp_rcu_callback);", "tdp_mmu_free_sp_rcu_callback(&root->rcu_head);"
        )
      ]),
    Fault(
      name: "root-no-lock", operations: ["fault-late", "invalidate-rootless"], table: "shared-leaf", checker: "MAP-1",
      file: tdpMmu,
      edits: [
        (
          "\tspin_lock(&kvm->arch.tdp_mmu_pages_lock);\n\tlist_del_rcu(&root->link);\n"
            + "\tspin_unlock(&kvm->arch.tdp_mmu_pages_lock);", "\tlist_del_rcu(&root->link);"
        )
      ]),
    Fault(
      name: "age-nothing", operations: ["age", "fault"], table: "shared-leaf", checker: "WP-1", file: tdpMmu,
      edits: [("\tif (__tdp_mmu_set_spte_atomic(kvm, iter, new_spte))\n\t\treturn;\n\n\ttrace", "\treturn;\n\n\ttrace")]
    ),
    // Two preemptions, and no answer is yes.
    Fault(
      name: "kick-before-track", operations: ["guest", "zap"], table: "private-leaf", checker: "TLB-1",
      file: "arch/x86/kvm/vmx/tdx.c",
      edits: [
        (
          "TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);\n\n\tkvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);",
          "TDX_BUG_ON(err, TDH_MEM_TRACK, kvm);"
        ),
        (
          "err = tdh_do_no_vcpus(tdh_mem_track, kvm, &kvm_tdx->td);",
          "kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);\n"
            + "\terr = tdh_do_no_vcpus(tdh_mem_track, kvm, &kvm_tdx->td);"
        ),
      ]),
    Fault(
      name: "tables-plain", operations: ["fault", "fault"], table: "shared-empty", checker: "CNT-1", file: tdpMmu,
      edits: [
        ("atomic64_inc(&kvm->arch.tdp_mmu_pages);", "kvm->arch.tdp_mmu_pages.counter++;"),
        ("atomic64_dec(&kvm->arch.tdp_mmu_pages);", "kvm->arch.tdp_mmu_pages.counter--;"),
      ], plainAccesses: true),
  ]

  private static func verdict(_ fault: Fault, _ kernel: KernelSubject) throws -> ExhaustRecord {
    let plan = ExhaustPlan(
      policy: .fourK, operations: fault.operations, table: fault.table, answers: true, kernel: kernel)
    #expect(plan.items.count == 1)
    var configuration = ExhaustConfiguration(
      protocolName: .mainline, mutant: nil, kernel: kernel, policy: .fourK, plan: plan, answers: 1,
      executionLimit: 2_000, seconds: nil, jobs: 1)
    configuration.minimizes = false
    return Exhaust(configuration: configuration).run()
  }

  @Test(arguments: faults) func `a fault is found by its pair, and the tree as it is by none`(_ fault: Fault) throws {
    let kernel = try KernelTrees.broken([fault.file: fault.edits], plainAccesses: fault.plainAccesses)
    let broken = try Self.verdict(fault, kernel)
    #expect(broken.violation?.checker == fault.checker && broken.violation?.verified == 3)
    let whole = try Self.verdict(fault, KernelTrees.kernel(plainAccesses: fault.plainAccesses))
    #expect(whole.violation == nil && whole.harnessFaults == [])
  }

  @Test func `a split may hand down what it has read before it was aged`() throws {
    let pair = Fault(
      name: "", operations: ["split-exclusive", "age"], table: "shared-2m", checker: "", file: Self.tdpMmu, edits: [])
    let whole = try Self.verdict(pair, KernelTrees.kernel())
    #expect(whole.violation == nil && whole.harnessFaults == [], "\(whole.violation?.seen ?? "")")
  }

  @Test func `what is a kernel's alone is no pair of the model`() {
    let names = ExhaustPlan(policy: .hugeShared, answers: true).items.map { "\($0.name), \($0.table)" }
    let ofKernels = ["convert-region", "2m-neighbour", "shared-clean", "logged-clean", "late", "rootless"]
    #expect(!names.contains { name in ofKernels.contains { name.contains($0) } })
  }
}
