/// What the protocol as it is makes of changes of the mirror root that upstream does not make, policy by policy.
import Campaign
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

@Suite struct MirrorScenarioTests {
  /// The checker that must fire; nil where the scenario is clean.
  static let expected: [(ScenarioName, Policy, CheckerID?)] = [
    (.mirrorSplit, .fourK, nil), (.mirrorSplit, .huge, .lck1), (.mirrorSplit, .hugeShared, nil),
    (.mirrorPrune, .fourK, .lck1), (.mirrorPrune, .huge, .lck1), (.mirrorPrune, .hugeShared, nil),
    (.planted, .fourK, .bug1), (.planted, .huge, nil), (.planted, .hugeShared, nil),
  ]

  @Test(arguments: expected) func `each is clean, or breaks the rule that it must`(
    scenario: ScenarioName, policy: Policy, checker: CheckerID?
  ) {
    for threads in [2, 4] {
      let record = Explorations.run(
        ExploreConfiguration(
          threads: threads, scenario: scenario, length: .schedules(3_000), seed: 5, policy: policy,
          minimizes: false))
      #expect(record.violations.first?.checker == checker?.name)
      #expect(record.harnessFaults.isEmpty)
    }
  }

  @Test(arguments: [(ScenarioName.mirrorSplit, Policy.huge), (.mirrorPrune, .fourK), (.planted, .fourK)])
  func `what breaks is one operation of one thread`(scenario: ScenarioName, policy: Policy) throws {
    let record = Explorations.run(
      ExploreConfiguration(scenario: scenario, length: .schedules(3_000), seed: 5, policy: policy))
    let episode = try Explorations.token(record).episode
    #expect(episode.threads.map(\.count) == [1])
  }

  @Test func `a split under the read lock meets what it is for`() throws {
    let record = Explorations.run(
      ExploreConfiguration(scenario: .mirrorSplit, length: .schedules(3_000), seed: 5, policy: .hugeShared))
    for race in [Coverage.metFrozen, .lostCmpxchg, .splitAgainstFault, .guestKicked, .entryLockBusy] {
      #expect(record.coverage[race.name] ?? 0 > 0, "\(race.name)")
    }
  }
}
