/// A user's own kernel on fibers: clean as it is, and caught where it is broken.
import Campaign
import KernelMMU
import Machine
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelExplorationTests {
  private func configuration(
    _ kernel: KernelSubject, schedules: UInt64, scenario: ScenarioName? = nil
  ) -> ExploreConfiguration {
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(schedules), seed: 7)
    configuration.kernel = kernel
    return configuration
  }

  /// Breaks the kernel, expects the checker, and expects the token to show the same again.
  /// - Parameter minimizes: false for what goes on to the limit of steps each time.
  @discardableResult
  private func expect(
    _ checker: String, in scenario: ScenarioName? = nil, _ edits: (String, String)..., minimizes: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> RunRecord.Violation {
    let kernel = try KernelTrees.broken(edits)
    var configuration = configuration(kernel, schedules: 20_000, scenario: scenario)
    configuration.minimizes = minimizes
    let record = Explorations.run(configuration)
    let violation = try #require(record.violations.first, sourceLocation: sourceLocation)
    #expect(violation.checker == checker, "\(violation.seen)", sourceLocation: sourceLocation)
    let reproduction = try #require(violation.reproduction, sourceLocation: sourceLocation)
    #expect(reproduction.verified == 3, sourceLocation: sourceLocation)
    let token = try Token(parsing: reproduction.token)
    #expect(token.kernelTree == kernel.treeHash, sourceLocation: sourceLocation)
    let replay = TokenReplay.run(token, kernel: kernel)
    #expect(replay.replay?.eventHash == reproduction.eventHash, sourceLocation: sourceLocation)
    #expect(replay.violations.first?.checker == checker, sourceLocation: sourceLocation)
    // What was changed is what broke it.
    let whole = TokenReplay.run(token, kernel: try KernelTrees.kernel())
    #expect(whole.verdict != .violation, sourceLocation: sourceLocation)
    return violation
  }

  @Test func `a kernel as it is breaks no rule in any scenario`() throws {
    let record = Explorations.run(configuration(try KernelTrees.kernel(), schedules: 20_000))
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
    #expect(record.coverageWarnings.isEmpty)
    #expect(record.subject == "kernel")
    let checkers = record.checkers.filter { $0.checks == 0 }.map(\.checker)
    #expect(checkers.isEmpty)
    #expect(record.scope.contains("all checkers on; sampled"))
  }

  @Test func `a translation that a processor uses is one that TLB-1 has looked at`() throws {
    let text =
      "stress episode 1\nregion shared\nbefore fault 0x6\nthread 0\n  touch 0x6\nthread 1\n  unmap 0x6\n"
    let episode = try EpisodeText(parsing: text)
    let record = try EpisodeExecution.run(episode, kernel: try KernelTrees.kernel()).record
    #expect(record.verdict == .clean)
    #expect(record.checkers.first { $0.checker == "TLB-1" }?.checks == 1)
  }

  @Test(arguments: [ScenarioName.hardwareAd, .memslot, .dirtyLogging, .dying])
  func `so does one in what all of them leave out`(scenario: ScenarioName) throws {
    let record = Explorations.run(configuration(try KernelTrees.kernel(), schedules: 1_500, scenario: scenario))
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
    let done = Set(record.outcomes.filter { $0.outcome == "done" }.map(\.operation))
    let own: [ScenarioName: Set<String>] = [
      .hardwareAd: ["touch"], .memslot: ["invalidate", "convert"],
      .dirtyLogging: ["log-dirty", "collect-dirty", "touch"],
    ]
    #expect(done.isSuperset(of: own[scenario] ?? []))
    #expect(!record.scope.contains("without"))
  }

  @Test(arguments: [(ScenarioName.suspectWrprot, "EQ-1"), (.suspectEio, "LIV-1"), (.suspectRetry, "LIV-1")])
  func `what is suspected shows at once, and comes back`(scenario: ScenarioName, checker: String) throws {
    let kernel = try KernelTrees.kernel()
    let record = Explorations.run(configuration(kernel, schedules: 1_000, scenario: scenario))
    let violation = try #require(record.violations.first)
    #expect(violation.checker == checker, "\(violation.seen)")
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == 3 && reproduction.minimized?.operations == (scenario == .suspectRetry ? 2 : 1))
    let replay = TokenReplay.run(try Token(parsing: reproduction.token), kernel: kernel)
    #expect(replay.violations.first?.checker == checker)
  }

  @Test func `a fault of a TD that has died ends`() throws {
    let kernel = try KernelTrees.broken(
      [("if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {", "if (0) {")], in: "arch/x86/kvm/vmx/tdx.c")
    let record = Explorations.run(configuration(kernel, schedules: 64, scenario: .dying))
    #expect(record.violations.first?.checker == "LIV-1")
    #expect(record.violations.first?.reproduction?.verified == 3)
  }

  /// The walk's thread has no vCPU that holds the root, and loses its processor where it yields.
  @Test func `who yields at a root that all vCPUs leave holds it`() throws {
    let find = "range->slot->as_id, types)\n\t\tflush = tdp_mmu_zap_leafs"
    let kernel = try KernelTrees.broken([
      ("__for_each_tdp_mmu_root_yield_safe(kvm, root, \(find)", "__for_each_tdp_mmu_root(kvm, root, \(find)")
    ])
    var configuration = configuration(kernel, schedules: 2_000, scenario: .faultInvalidate)
    configuration.seed = 3
    let record = Explorations.run(configuration)
    #expect(record.violations.first?.checker == "MEM-1")
    #expect(record.violations.first?.reproduction?.verified == 3)
  }

  @Test func `a fault that leaves its retries for a new root ends without an interrupt`() throws {
    let hasEvents = "\t\tif (kvm_vcpu_has_events(vcpu) || signal_pending(current))\n"
    let mustReload = "\t\tif (kvm_test_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu))\n\t\t\tbreak;\n\n"
    let kernel = try KernelTrees.broken([(hasEvents, mustReload + hasEvents)], in: "arch/x86/kvm/vmx/tdx.c")
    let record = Explorations.run(configuration(kernel, schedules: 1_000, scenario: .suspectRetry))
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "")")
  }

  @Test func `the retries of a fault are the tree's own`() throws {
    let vmDead = "if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {"
    #expect(throws: KernelBuildError.self) {
      try KernelTrees.broken([(vmDead, "this is not C;")], in: "arch/x86/kvm/vmx/tdx.c")
    }
  }

  @Test func `the same seed gives the same record, whatever the compiler and the number of jobs`() throws {
    var records: [String] = []
    for compiler in KernelTrees.compilers {
      for jobs in [1, 2] {
        var configuration = configuration(try KernelTrees.kernel(compiler: compiler), schedules: 2_000)
        configuration.jobs = jobs
        var record = Explorations.run(configuration)
        #expect(record.kernel?.compiler?.contains(compiler == "gcc" ? "gcc" : "clang") == true)
        record.kernel?.compiler = nil
        records.append(try Runs.encoded(record))
      }
    }
    #expect(Set(records).count == 1)
  }

  @Test func `an old value that is not restored after BUSY is ORD-3`() throws {
    let violation = try expect(
      "ORD-3",
      (
        "__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);", "__kvm_tdp_mmu_write_spte(iter->sptep, new_spte);"
      ))
    let rows = try #require(violation.reproduction?.interleaving?.rows)
    #expect(rows.contains { $0.action.contains("SEPT.ADD -> BUSY") })
  }

  private var statistics: String {
    "\tif (is_leaf != was_leaf)\n\t\tkvm_update_page_stats(kvm, level, is_leaf ? 1 : -1);\n"
  }

  @Test func `statistics that change before their propagation are CNT-1`() throws {
    try expect(
      "CNT-1", (statistics, ""),
      ("\tif (was_present && !was_leaf &&\n", statistics + "\tif (was_present && !was_leaf &&\n"))
  }

  @Test func `a table that is freed without a grace period is RCU-1`() throws {
    try expect(
      "RCU-1",
      (
        "\tcall_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback);\n}\n\n/**",
        "\ttdp_mmu_free_sp_rcu_callback(&sp->rcu_head);\n}\n\n/**"
      ))
  }

  @Test func `write-protection that does not try again is WP-1`() throws {
    let before =
      "\t\tnew_spte = iter.old_spte & ~PT_WRITABLE_MASK;\n\n"
      + "\t\tif (tdp_mmu_set_spte_atomic(kvm, &iter, new_spte))\n\t\t\t"
    try expect("WP-1", in: .hardwareAd, (before + "goto retry;", before + "continue;"))
  }

  @Test func `a store where the processor may set D is DIRT-1`() throws {
    try expect(
      "DIRT-1", in: .hardwareAd,
      (
        "\told_spte = kvm_tdp_mmu_write_spte(sptep, old_spte, new_spte, level);",
        "\t__kvm_tdp_mmu_write_spte(sptep, new_spte);"
      ))
  }

  @Test func `a zap without its TLB flush is TLB-2`() throws {
    try expect(
      "TLB-2", in: .hardwareAd,
      (
        "\t\ttdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);\n\n\t\t/*",
        "\t\ttdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);\n\t\tcontinue;\n\t\t/*"
      ))
  }

  @Test func `a page that is collected and stays writable is WP-1`() throws {
    try expect("WP-1", in: .dirtyLogging, ("\t\tmask &= ~(1UL << (iter.gfn - gfn));\n", "\t\tcontinue;\n"))
  }

  @Test func `BUG() in a race is BUG-1 with the kernel's own file and function`() throws {
    let violation = try expect(
      "BUG-1",
      (
        "\tlockdep_assert_held_read(&kvm->mmu_lock);\n\n\t/* Should not set",
        "\tif (is_frozen_spte(kvm_tdp_mmu_read_spte(iter->sptep)))\n\t\tBUG();\n\n\t/* Should not set"
      ))
    #expect(violation.seen.contains("arch/x86/kvm/mmu/tdp_mmu.c:"))
    #expect(violation.seen.contains("tdp_mmu_set_spte_atomic()"))
  }

  @Test func `a failed condition is shown at the entry that its thread has read, and by its function`() throws {
    let violation = try expect("BUG-1", in: .faultFault, ("if (is_frozen_spte(iter.old_spte))", "if (0)"))
    let interleaving = try #require(violation.reproduction?.interleaving)
    #expect(interleaving.spteTitle.hasPrefix("SPTE 0x"))
    let rows = interleaving.rows.filter { $0.matters || $0.changesSpte || $0.changesExternal }
    #expect(rows.last?.action == "WARN_ON [__tdp_mmu_set_spte_atomic]")
    #expect(rows.last?.spte == "FROZEN" && rows.last?.step == interleaving.violationStep)
    let met = rows.filter { $0.thread == violation.thread }.map(\.action)
    #expect(met.contains { $0.hasPrefix("read FROZEN") || $0.contains("saw FROZEN") }, "\(met)")
  }

  @Test func `BUG() and an endless loop at the VM's end are findings, not the end of the campaign`() throws {
    let freed = "\tif (is_mirror_sp(sp))\n\t\tkvm_x86_call(free_external_spt)(kvm, sp);"
    try expect("BUG-1", (freed, "\tif (is_mirror_sp(sp))\n\t\tBUG();"))
    try expect(
      "LIV-1", (freed, "\tif (is_mirror_sp(sp))\n\t\twhile (kvm_tdp_mmu_read_spte(pt));"),
      minimizes: false)
  }
}
