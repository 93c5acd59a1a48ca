/// A user's own kernel with its plain accesses as schedule points: what that finds, and what it leaves alone.
import Campaign
import Foundation
import KernelMMU
import Machine
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct PlainAccessExplorationTests {
  private func run(
    _ kernel: KernelSubject, schedules: UInt64, scenario: ScenarioName? = nil, checksRaces: Bool = false
  ) -> RunRecord {
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(schedules), seed: 7)
    var kernel = kernel
    kernel.checksRaces = checksRaces
    configuration.kernel = kernel
    return Explorations.run(configuration)
  }

  private static let counted = "\tatomic64_inc(&kvm->arch.tdp_mmu_pages);"

  /// What is added before the count of page tables is incremented, by faults that run side by side.
  private func added(_ text: String) throws -> KernelSubject {
    try KernelTrees.broken([(Self.counted, "\t\(text)\n" + Self.counted)], plainAccesses: true)
  }

  @Test func `a kernel as it is breaks no rule, and has no race that is not known`() throws {
    for compiler in KernelTrees.compilers {
      let record = run(
        try KernelTrees.kernel(compiler: compiler, plainAccesses: true), schedules: 4_000, checksRaces: true)
      #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
      let row = try #require(record.checkers.first { $0.checker == "RACE-1" })
      #expect(row.checks > 100_000)
      #expect(record.kernel?.plainAccesses == true)
    }
  }

  @Test func `the same seed gives the same record`() throws {
    let records = try (0..<2).map { _ in
      try Runs.encoded(run(try KernelTrees.kernel(plainAccesses: true), schedules: 1_000))
    }
    #expect(records[0] == records[1])
  }

  @Test func `more is a schedule point than without, and a rule that was not looked at is said to be`() throws {
    let plain = run(try KernelTrees.kernel(plainAccesses: true), schedules: 500)
    let annotated = run(try KernelTrees.kernel(), schedules: 500)
    let (points, fewer) = (plain.exploration?.schedulePoints ?? 0, annotated.exploration?.schedulePoints ?? 0)
    #expect(points > 2 * fewer && fewer > 0)
    #expect(plain.checkers.contains { $0.checker == "RACE-1" && $0.checks == 0 })
    #expect(plain.scope.contains("all checkers but RACE-1"))
    #expect(!annotated.checkers.contains { $0.checker == "RACE-1" })
    #expect(!annotated.violations.contains { $0.command.contains("plain") })
  }

  @Test func `an update that is lost between two plain accesses is found by them alone`() throws {
    let edits = [(Self.counted, "\tkvm->arch.tdp_mmu_pages.counter++;")]
    #expect(run(try KernelTrees.broken(edits), schedules: 4_000, scenario: .faultZap).verdict == .clean)
    let kernel = try KernelTrees.broken(edits, plainAccesses: true)
    let record = run(kernel, schedules: 4_000, scenario: .faultZap)
    let violation = try #require(record.violations.first)
    #expect(violation.checker == "CNT-1")
    #expect(violation.command.contains("--plain-accesses"))
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == 3)
    let rows = try #require(reproduction.interleaving).rows.filter(\.matters)
    #expect(
      rows.contains { $0.action.hasPrefix("plain read tdp_mmu_pages") && $0.action.contains("account_mmu_page") })
    #expect(rows.contains { $0.action.hasPrefix("plain write tdp_mmu_pages") })

    // The token says which build it is for.
    let token = try Token(parsing: reproduction.token)
    #expect(token.plainAccesses && token.kernelTree == kernel.treeHash)
    #expect(TokenReplay.run(token, kernel: kernel).replay?.eventHash == reproduction.eventHash)
  }

  @Test func `a plain read that races with a marked write is RACE-1, with both places`() throws {
    let kernel = try added("if (kvm->arch.tdp_mmu_pages.counter < 0) BUG();")
    let record = run(kernel, schedules: 2_000, scenario: .faultFault, checksRaces: true)
    let violation = try #require(record.violations.first)
    #expect(violation.checker == "RACE-1")
    #expect(violation.command.contains("--check-data-races"))
    #expect(violation.seen.contains("plain read of 8 bytes") && violation.seen.contains("atomic of 8 bytes"))
    #expect(violation.seen.contains("tdp_mmu_pages"))
    #expect(violation.seen.count(of: "arch/x86/kvm/mmu/tdp_mmu.c:") == 2)
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == 3)
    let interleaving = try #require(reproduction.interleaving)
    let last = interleaving.rows.filter { $0.step == interleaving.violationStep }
    #expect(last.count == 2 && Set(last.map(\.thread)).count == 2)
    #expect(last.first?.action.hasPrefix("next: ") == true)

    // Where nobody looks for races the same schedule breaks no rule.
    var blind = kernel
    blind.checksRaces = false
    #expect(TokenReplay.run(try Token(parsing: reproduction.token), kernel: blind).verdict == .clean)
  }

  @Test func `data_race() is exempt, and what ASSERT_EXCLUSIVE_WRITER() forbids is a race`() throws {
    let meant = try added("if (data_race(kvm->arch.tdp_mmu_pages.counter) < 0) BUG();")
    #expect(run(meant, schedules: 2_000, scenario: .faultFault, checksRaces: true).verdict == .clean)
    let forbidden = try added("ASSERT_EXCLUSIVE_WRITER(kvm->arch.tdp_mmu_pages.counter);")
    let record = run(forbidden, schedules: 2_000, scenario: .faultFault, checksRaces: true)
    #expect(record.violations.first?.checker == "RACE-1")
  }
}

extension String {
  fileprivate func count(of text: String) -> Int { components(separatedBy: text).count - 1 }
}
