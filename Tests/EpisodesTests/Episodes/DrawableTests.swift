/// What the scenarios draw is drawable, and what only the harness can ask for is not.
import Episodes
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct DrawableTests {
  @Test(arguments: ScenarioName.allCases) func `what a scenario draws is drawable`(scenario: ScenarioName) {
    for policy in Policy.allCases {
      for seed in 0..<200 as Range<UInt64> {
        var draws = SplitMix64(seed: seed, .episode)
        let episode = Scenario.episode(scenario, threads: 3, operations: 3, policy: policy, draws: &draws)
        if scenario.isForModel { #expect(episode.oddity(isKernel: false) == nil) }
        if scenario.isForKernel { #expect(episode.forKernel().oddity(isKernel: true) == nil) }
      }
    }
  }

  private func episode(_ populated: [Operation], _ race: [Operation], isPrivate: Bool = true) -> Episode {
    func requests(_ operations: [Operation]) -> [Request] {
      operations.map { Request(operation: $0, range: 0..<1, draw: 0) }
    }
    return Episode(
      scenario: "random", policy: .fourK, regions: [.init(isPrivate: isPrivate, allowsHuge: false)],
      populated: requests(populated), threads: [requests(race)])
  }

  @Test(arguments: Operation.allCases) func `no guest runs and nothing is zapped before the TD can run`(
    operation: Operation
  ) {
    let oddity = episode([.fault, operation], [.fault], isPrivate: false).oddity(isKernel: true)
    let isOfSetUp = [.fault, .fault2M, .wrprot, .clearDirty, .logDirty, .plant].contains(operation)
    #expect((oddity == nil) == isOfSetUp, "\(oddity ?? "none")")
    if operation == .guest { #expect(oddity?.contains("before the TD can run") == true) }
  }

  @Test func `what a kernel's callers rule out is not drawable for it`() {
    #expect(episode([], [.wrprot]).oddity(isKernel: false) == nil)
    #expect(episode([], [.wrprot]).oddity(isKernel: true) != nil)
    #expect(episode([], [.logDirty]).oddity(isKernel: true) != nil)
    #expect(episode([], [.logDirty, .convert], isPrivate: false).oddity(isKernel: true) != nil)
    #expect(episode([], [.plant]).oddity(isKernel: false) != nil)
  }
}
