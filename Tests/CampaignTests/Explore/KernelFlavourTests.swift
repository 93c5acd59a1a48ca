/// Trees that map private memory by 2M pages: the right one is clean, each that gets a step wrong is caught.
import Campaign
import KernelMMU
import Machine
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelFlavourTests {
  private func explore(_ kernel: KernelSubject, _ scenario: ScenarioName?, schedules: UInt64) -> RunRecord {
    var configuration = ExploreConfiguration(
      scenario: scenario, length: .schedules(schedules), seed: 7, policy: .huge)
    configuration.kernel = kernel
    return Explorations.run(configuration)
  }

  @Test func `policy huge is for a tree that maps private memory by 2M pages`() throws {
    let plain = try KernelTrees.kernel()
    #expect(plain.objection(to: .fourK) == nil)
    let objection = try #require(plain.objection(to: .huge))
    #expect(objection.contains("wants a tree that maps private memory by 2M pages"))
    #expect(objection.contains("KVM_BUG_ON(level != PG_LEVEL_4K)"))
    #expect(try Flavours.kernel("huge").objection(to: .huge) == nil)
    #expect(try Flavours.kernel("huge").objection(to: .hugeShared) != nil)
  }

  @Test(arguments: [ScenarioName.mirrorSplit, .planted, nil])
  func `a tree that splits as it should breaks no rule`(scenario: ScenarioName?) throws {
    let record = explore(try Flavours.kernel("huge"), scenario, schedules: scenario == nil ? 4_000 : 2_000)
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
    if scenario != nil {
      let done = record.outcomes.filter { ["done", "yielded", "retried"].contains($0.outcome) }.map(\.operation)
      #expect(done.contains(scenario == .planted ? "split-exclusive" : "split-mirror"))
    }
  }

  @Test(arguments: [
    ("huge-busy", ScenarioName.mirrorSplit, "BUG-1", "tdx_sept_split_leaf_spte()"),
    ("huge-untracked", .mirrorSplit, "TLB-1", "TDH.MEM.PAGE.DEMOTE answered TLB_TRACKING_NOT_DONE"),
    ("huge-untracked", .planted, "TLB-1", "TDH.MEM.PAGE.DEMOTE answered TLB_TRACKING_NOT_DONE"),
  ])
  func `one that gets a step wrong is caught, and its token shows it again`(
    name: String, scenario: ScenarioName, checker: String, seen: String
  ) throws {
    let kernel = try Flavours.kernel(name)
    let record = explore(kernel, scenario, schedules: 20_000)
    let violation = try #require(record.violations.first)
    #expect(violation.checker == checker && violation.seen.contains(seen), "\(violation.seen)")
    let reproduction = try #require(violation.reproduction)
    #expect(reproduction.verified == 3)
    let token = try Token(parsing: reproduction.token)
    #expect(TokenReplay.run(token, kernel: kernel).replay?.eventHash == reproduction.eventHash)
    #expect(TokenReplay.run(token, kernel: try Flavours.kernel("huge")).verdict != .violation)
  }

  @Test func `a private huge page that 4k could not map trips the assertion that is there for it`() throws {
    var configuration = ExploreConfiguration(scenario: .planted, length: .schedules(100), seed: 7)
    configuration.kernel = try KernelTrees.kernel()
    let violation = try #require(Explorations.run(configuration).violations.first)
    #expect(violation.checker == "BUG-1" && violation.seen.contains("KVM_BUG_ON(level != PG_LEVEL_4K)"))
    #expect(violation.reproduction?.verified == 3)
  }
}
