/// A kernel without mirror page tables as `stress explore` runs it: its direct roots, clean as they are and caught
/// where they are broken.
import Campaign
import Foundation
import KernelMMU
import Machine
import TestSupport
import Testing

@Suite(.enabled(if: KernelTrees.direct != nil, "no kernel tree: scripts/kernel-tree 6.12 brings one"))
struct KernelDirectTests {
  private func configuration(
    _ kernel: KernelSubject, schedules: UInt64, scenario: ScenarioName? = nil
  ) -> ExploreConfiguration {
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(schedules), seed: 1)
    configuration.kernel = kernel
    return configuration
  }

  private func kernel(compiler: String? = nil) throws -> KernelSubject {
    try KernelSubject.open(#require(KernelTrees.direct), compiler: compiler)
  }

  @Test func `it breaks no rule, and meets each race that it can meet`() throws {
    let record = Explorations.run(configuration(try kernel(), schedules: 10_000))
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
    #expect(record.coverageWarnings.isEmpty)
    #expect(record.coverage.keys.allSatisfy { !["busyRestored", "guestKicked", "entryLockBusy"].contains($0) })
    let idle = record.checkers.filter { $0.checks == 0 }.map(\.checker)
    #expect(idle == ["ORD-1", "ORD-2", "ORD-3", "ORD-4", "DUP-1", "EQ-1", "ACC-1"])
    let ofPrivateMemory = Operation.allCases.filter(\.needsPrivateMemory).map(\.name)
    #expect(Set(record.outcomes.map(\.operation)).isDisjoint(with: ofPrivateMemory))
  }

  /// NX recovery takes tables out of invalid roots too, which says nothing of what a valid one maps.
  @Test(arguments: ScenarioName.allCases.filter(\.isForDirectRoots)) func `so it does in each scenario`(
    scenario: ScenarioName
  ) throws {
    let record = Explorations.run(configuration(try kernel(), schedules: 1_500, scenario: scenario))
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
  }

  @Test func `two compilers give the same schedules`() throws {
    let records = try KernelTrees.compilers.map {
      Explorations.run(configuration(try kernel(compiler: $0), schedules: 1_000))
    }
    for record in records {
      #expect(record.exploration == records[0].exploration && record.outcomes == records[0].outcomes)
    }
  }

  @Test func `threads race on it with all memory shared`() throws {
    var configuration = SoakConfiguration(threads: 8, length: .rounds(2), seed: 11, memoryGiB: 1)
    configuration.kernel = try kernel()
    let record = Runs.run(configuration)
    #expect(record.verdict == .clean, "\(record.violations.map(\.seen)) \(record.harnessFaults)")
    #expect(Set(record.outcomes.map(\.operation)).isSuperset(of: ["unmap", "touch", "recover", "invalidate"]))
  }

  private static let faults: [(checker: String, scenario: ScenarioName?, before: String, after: String)] = [
    (
      "FRZ-2", nil, "if (!try_cmpxchg64(sptep, &iter->old_spte, new_spte))\n\t\treturn -EBUSY;",
      "WRITE_ONCE(*sptep, new_spte);"
    ),
    ("TLB-2", .hardwareAd, "if (!root->role.invalid)\n\t\t\tflush = true;", ""),
    (
      "CNT-1", nil, "old_spte = kvm_tdp_mmu_write_spte_atomic(sptep, FROZEN_SPTE);",
      "old_spte = kvm_tdp_mmu_read_spte(sptep);"
    ),
    ("LST-1", nil, "untrack_possible_nx_huge_page(kvm, sp);", ""),
    ("BUG-1", nil, "if (is_frozen_spte(iter.old_spte))\n\t\t\tgoto retry;", ""),
    ("FRZ-3", nil, "__kvm_tdp_mmu_write_spte(iter->sptep, SHADOW_NONPRESENT_VALUE);", ""),
  ]

  @Test(arguments: faults.indices) func `what breaks it is caught, and its token shows it`(index: Int) throws {
    let fault = Self.faults[index]
    let edits = ["arch/x86/kvm/mmu/tdp_mmu.c": [(fault.before, fault.after)]]
    let kernel = try KernelTrees.withTree(edits, of: KernelTrees.direct) { try KernelSubject.open($0) }
    let record = Explorations.run(configuration(kernel, schedules: 20_000, scenario: fault.scenario))
    let violation = try #require(record.violations.first, "\(record.harnessFaults)")
    #expect(violation.checker == fault.checker, "\(violation.seen)")
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == 3)
    let token = try Token(parsing: reproduction.token)
    #expect(!token.episode.needsPrivateMemory)
    #expect(TokenReplay.run(token, kernel: kernel).violations.first?.checker == fault.checker)
    #expect(TokenReplay.run(token, kernel: try self.kernel()).verdict != .violation)
  }

  @Test func `threads find a broken one`() throws {
    let fault = Self.faults[3]
    let edits = ["arch/x86/kvm/mmu/tdp_mmu.c": [(fault.before, fault.after)]]
    let kernel = try KernelTrees.withTree(edits, of: KernelTrees.direct) { try KernelSubject.open($0) }
    var configuration = SoakConfiguration(threads: 8, length: .rounds(50), seed: 11, memoryGiB: 1)
    configuration.kernel = kernel
    let violation = try #require(Runs.run(configuration).violations.first)
    // Its free and the next recovery see it, whichever comes first.
    #expect([fault.checker, "BUG-1"].contains(violation.checker), "\(violation.seen)")
  }

  // MARK: What needs private memory

  @Test func `a token or an episode that has private memory is not run`() throws {
    let kernel = try kernel()
    var draws = SplitMix64(seed: 1, .episode)
    var token = Tokens.minimized()
    token.mutant = nil
    token.kernelTree = kernel.treeHash
    token.episode = Scenario.episode(.faultZap, threads: 2, operations: 2, policy: .fourK, draws: &draws)
    let objection = "Linux \(kernel.version) has no mirror page tables: direct roots only, so no private memory"
    #expect(kernel.objection(to: token.episode) == objection)
    #expect(kernel.objection(to: token.episode.forKernel(hasMirrorRoots: false)) == nil)
    #expect(TokenReplay.run(token, kernel: kernel).harnessFaults == [objection])
    #expect(TokenMinimize.run(token, kernel: kernel).harnessFaults == [objection])
    #expect(TokenRegress.check(token, kernel: kernel) == .unknown(objection))
    #expect(kernel.objection(to: .huge)?.hasSuffix(objection) == true)
  }

  @Test func `a matrix has the scenarios that say something`() throws {
    var matrix = MatrixConfiguration()
    matrix.kernel = try kernel()
    #expect(matrix.kernelScenarios.contains(.faultUnmap) && !matrix.kernelScenarios.contains(.busy))
  }
}
