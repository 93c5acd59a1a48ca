import Episodes
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct ScenarioTests {
  /// Sizes that a campaign may ask for, small ones most often.
  static func size(_ draws: inout SplitMix64) -> (threads: Int, operations: Int) {
    (1 + Int(draws.below(5)), 1 + Int(draws.below(5)))
  }

  private func draw(
    _ name: ScenarioName, _ policy: Policy = .fourK, threads: Int = 3, operations: Int = 3, seed: UInt64
  ) -> Episode {
    var draws = SplitMix64(seed: seed, .workload)
    return Scenario.episode(name, threads: threads, operations: operations, policy: policy, draws: &draws)
  }

  @Test(arguments: ScenarioName.allCases)
  func `equal draws give equal episodes and leave the stream at the same place`(name: ScenarioName) {
    for seed in 0..<50 as Range<UInt64> {
      var (one, two) = (SplitMix64(seed: seed, .layout), SplitMix64(seed: seed, .layout))
      let first = Scenario.episode(name, threads: 3, operations: 4, policy: .huge, draws: &one)
      #expect(first == Scenario.episode(name, threads: 3, operations: 4, policy: .huge, draws: &two))
      #expect(one.next() == two.next())
    }
  }

  @Test(arguments: ScenarioName.allCases.filter { $0 != .micro })
  func `other draws give other episodes`(name: ScenarioName) {
    let episodes = (0..<40 as Range<UInt64>).map { draw(name, seed: $0) }
    let different = episodes.indices.filter { index in !episodes[..<index].contains(episodes[index]) }
    #expect(different.count > 30)
  }

  @Test(arguments: ScenarioName.allCases, Policy.allCases)
  func `every episode keeps to its bounds`(name: ScenarioName, policy: Policy) {
    var draws = SplitMix64(seed: 11, .layout)
    for number in 0..<300 {
      let (threads, operations) = number == 0 ? (1024, 64) : number == 1 ? (1, 1) : Self.size(&draws)
      let episode = Scenario.episode(name, threads: threads, operations: operations, policy: policy, draws: &draws)
      #expect(episode.scenario == name.rawValue)
      #expect((1...16).contains(episode.regions.count) && (name == .random || episode.regions.count <= 4))
      if name == .random {
        #expect((min(2, threads)...threads).contains(episode.threads.count))
        #expect(episode.threads.allSatisfy { (1...operations).contains($0.count) })
      } else {
        #expect(episode.threads.count == threads)
        #expect(episode.threads.allSatisfy { $0.count == operations })
      }
      #expect(episode.policy == (name == .micro ? .fourK : policy))
      #expect(episode.subject == (name == .micro ? .micro : .model))
      let requests = episode.populated + episode.threads.joined()
      #expect(episode.populated.count <= 8)
      let outside = requests.first {
        $0.range.isEmpty || $0.range.upperBound > episode.guestPages || $0.draw >= Episode.drawBound
      }
      #expect(outside == nil)
    }
  }

  @Test func `sizes out of range are brought into it`() {
    let (small, large) = (draw(.faultZap, threads: 0, operations: -3, seed: 1), draw(.faultZap, threads: 5000, seed: 1))
    #expect(small.threads.count == 1 && small.threads[0].count == 1)
    #expect(large.threads.count == Scenario.threadLimit)
    #expect(draw(.random, threads: .min, operations: .min, seed: 1).operations == 1)
  }

  @Test(arguments: ScenarioName.dealt)
  func `all flags are drawn both ways where the scenario leaves them open`(name: ScenarioName) {
    let episodes = (0..<120 as Range<UInt64>).map { draw(name, seed: $0) }
    #expect(Set(episodes.map(\.provesMmu)).count == 2)
    #expect(Set(episodes.map(\.endsInTeardown)) == (name == .teardown ? [true] : [true, false]))
    #expect(Set(episodes.map(\.injectsBusy)) == (name == .busy ? [true] : [true, false]))
    let yields: Set<Bool> =
      name == .busy ? [false] : name == .recoverUnmap || name == .faultInvalidate ? [true] : [true, false]
    #expect(Set(episodes.map(\.mayYield)) == yields)
  }

  @Test(arguments: ScenarioName.dealt, Policy.allCases)
  func `carried out one operation at a time, an episode breaks no rule`(name: ScenarioName, policy: Policy) throws {
    var draws = SplitMix64(seed: 3, .layout, index: UInt64(policy == .huge ? 1 : 0))
    for number in 0..<100 as Range<UInt64> {
      let (threads, operations) = Self.size(&draws)
      let episode = Scenario.episode(name, threads: threads, operations: operations, policy: policy, draws: &draws)
      let world = try SerialWorld(episode)
      world.run(seed: number, inTurns: number & 1 == 0)
      guard let violation = world.violation else { continue }
      Issue.record("episode \(number), \(violation.checker.name): \(violation.seen)\n\(episode)")
      return
    }
  }

  @Test(arguments: ScenarioName.dealt)
  func `two threads meet in one table, most often in their first operations`(name: ScenarioName) {
    let episodes = (0..<200 as Range<UInt64>).map { draw(name, threads: 2, operations: 1, seed: $0) }
    let meeting = episodes.filter { episode in
      let tables = episode.threads.map { requests in requests.map { touched(by: $0, in: episode) } }
      return tables[0].contains { one in tables[1].contains { one.overlaps($0) } }
    }
    #expect(meeting.count > 100)
  }

  /// The 2M regions that a request touches.
  private func touched(by request: Request, in episode: Episode) -> Range<Gfn> {
    switch request.operation {
    // Whatever table waits longest, or all of them.
    case .nxRecover, .invalidate: 0..<episode.guestPages
    default: request.range.lowerBound >> 9..<(request.range.upperBound + 511) >> 9
    }
  }
}
