/// The protocol as it is breaks no rule under any schedule that is drawn.
import Campaign
import Machine
import Scheduling
import SecureEPT
import Testing

@Suite struct MainlineTests {
  @Test(arguments: ScenarioName.dealt + [.micro, .hardwareAd, .memslot], Policy.allCases)
  func `each scenario is clean`(
    scenario: ScenarioName, policy: Policy
  ) {
    let record = Explorations.run(
      ExploreConfiguration(scenario: scenario, length: .schedules(1_024), seed: 1, policy: policy))
    #expect(record.verdict == .clean)
    #expect(record.violations.isEmpty && record.harnessFaults.isEmpty)
    #expect(record.exploration?.schedules == 1_024)
  }

  @Test(arguments: [2, 5, 8], [1, 6]) func `so are all of them with other threads and operations`(
    threads: Int, operations: Int
  ) {
    for policy in Policy.allCases {
      let record = Explorations.run(
        ExploreConfiguration(
          threads: threads, operations: operations, length: .schedules(3_000), seed: UInt64(threads), policy: policy))
      #expect(record.verdict == .clean)
    }
  }

  @Test func `one thread has one schedule`() {
    let record = Explorations.run(
      ExploreConfiguration(threads: 1, scenario: .faultFault, length: .schedules(64), seed: 1))
    #expect(record.verdict == .clean)
  }

  @Test func `1024 threads run, and episodes of many operations are no livelock`() {
    let wide = Explorations.run(
      ExploreConfiguration(threads: 1024, operations: 1, scenario: .faultFault, length: .schedules(2), seed: 1))
    #expect(wide.verdict == .clean && wide.harnessFaults.isEmpty)
    let long = Explorations.run(
      ExploreConfiguration(threads: 128, operations: 64, scenario: .faultZap, length: .schedules(2), seed: 1))
    #expect(long.verdict == .clean && long.violations.isEmpty && long.harnessFaults.isEmpty)
    #expect((long.exploration?.schedulePoints ?? 0) > 400_000)
  }
}
