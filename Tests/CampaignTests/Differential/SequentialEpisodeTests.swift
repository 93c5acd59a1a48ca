/// How an episode's operations come into one order, and what both sides are asked.
import Campaign
import Machine
import Testing

@Suite struct SequentialEpisodeTests {
  private func configuration(seed: UInt64 = 1, _ scenario: ScenarioName? = nil) -> DifferentialConfiguration {
    var configuration = DifferentialConfiguration(seed: seed)
    configuration.scenario = scenario
    return configuration
  }

  @Test func `each thread keeps its own order, and all operations come`() {
    var draws = SplitMix64(seed: 3, .episode)
    let episode = Scenario.episode(.faultZap, threads: 3, operations: 5, policy: .fourK, draws: &draws)
    let order = SequentialEpisode(episode, draws: SplitMix64(state: 7))
    for (thread, requests) in episode.threads.enumerated() {
      #expect(order.steps.filter { $0.thread == thread }.map(\.request) == requests)
    }
    #expect(order.setup.map(\.request) == episode.populated)
    // They take turns: it is no thread after the other.
    let switches = zip(order.steps, order.steps.dropFirst()).count { $0.thread != $1.thread }
    #expect(switches > 2)
  }

  @Test func `an episode follows from seed and number`() {
    #expect(SequentialEpisode(configuration(), 4) == SequentialEpisode(configuration(), 4))
    #expect(SequentialEpisode(configuration(), 4) != SequentialEpisode(configuration(), 5))
    #expect(SequentialEpisode(configuration(), 4) != SequentialEpisode(configuration(seed: 2), 4))
  }

  /// `ModelLimit.nxShare`
  @Test func `an NX recovery takes one table or, of few, all`() {
    var draws: Set<UInt64> = []
    for index in 0..<300 {
      let episode = SequentialEpisode(configuration(.random), UInt64(index))
      for step in episode.steps where step.request.operation == .nxRecover {
        draws.insert(step.request.draw)
        if step.request.draw == 3 { #expect(episode.frame.regions.count <= 4) }
      }
    }
    #expect(draws == [0, 3])
  }
}
