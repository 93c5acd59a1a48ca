/// The small episodes that the bridge tries: made of what the round's threads did, and each one what a token can carry.
import Campaign
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct BridgeEpisodeTests {
  private func episodes(_ found: ThreadViolation) -> [Episode] { BridgeEpisodes(RoundHistory(found)).all() }

  @Test(arguments: 0..<4)
  func `the request that broke the rule is the last that its thread began`(task: Int) throws {
    let configuration = BridgeCase.configuration()
    let begun: [UInt64] = [700, 40, 1, 2_000]
    let requests = BridgeCase.requests(configuration, begun: begun)
    let history = RoundHistory(BridgeCase.racing(configuration, checker: .ord1, task: task, begun: begun))
    let culprit = try #require(history.culprit)
    #expect(culprit.request == requests[task].last)
    #expect(culprit.thread == task)
    #expect(culprit.age == 0)
  }

  @Test func `a thread's operations are those around the place, newest first`() {
    let configuration = BridgeCase.configuration()
    let begun: [UInt64] = [4_000, 4_000, 4_000, 4_000]
    let requests = BridgeCase.requests(configuration, begun: begun)
    let found = BridgeCase.racing(configuration, checker: .ord1, begun: begun)
    let history = RoundHistory(found)
    #expect(history.threads.contains { !$0.isEmpty })
    for (thread, steps) in history.threads.enumerated() {
      #expect(steps.count <= RoundHistory.depth)
      #expect(steps.map(\.age) == steps.map(\.age).sorted())
      for step in steps {
        #expect(step.request == requests[thread][requests[thread].count - 1 - Int(step.age)])
        #expect(
          step.request.operation == .invalidate || step.request.operation == .nxRecover
            || step.request.range.lowerBound >> 9 <= found.violation.gfn >> 9 + 1
              && (step.request.range.upperBound - 1) >> 9 >= found.violation.gfn >> 9
        )
      }
    }
  }

  @Test func `the first episode has one request, and pairs that overlap come before larger ones`() throws {
    let configuration = BridgeCase.configuration()
    let found = BridgeCase.racing(configuration, checker: .ord1, begun: [4_000, 4_000, 4_000, 4_000])
    let episodes = episodes(found)
    let first = try #require(episodes.first)
    #expect(first.threads.map { $0.map(\.operation) } == [[found.violation.operation]])
    #expect(episodes.map(\.operations) == episodes.map(\.operations).sorted())
    #expect(
      episodes.contains { episode in
        episode.threads.count == 2 && episode.threads.allSatisfy { $0.count == 1 }
          && episode.threads[0][0].range.overlaps(episode.threads[1][0].range)
      })
  }

  @Test(arguments: [ThreadViolation.Moment.populating, .racing, .atRest], [Policy.fourK, .huge])
  func `every episode is one that a token can carry`(moment: ThreadViolation.Moment, policy: Policy) throws {
    for seed: UInt64 in 1...6 {
      var found = BridgeCase.racing(BridgeCase.configuration(seed: seed, policy: policy), checker: .map1)
      found.moment = moment
      let episodes = episodes(found)
      // Some rounds begin with empty tables: nothing can break a rule before they race.
      #expect(!episodes.isEmpty || moment == .populating)
      for episode in episodes {
        #expect(episode.threads.count <= BridgeEpisodes.threadLimit)
        #expect(episode.endsInTeardown == (moment == .atRest))
        let token = Token(
          protocolName: .mainline, mutant: nil, episode: episode, schedule: .init(), checker: .map1, eventHash: 1)
        let read = try Token(parsing: token.text)
        #expect(read == token)
      }
    }
  }

  @Test func `a rule about sums, which names no gfn, has episodes too`() {
    let found = ThreadViolation(
      configuration: BridgeCase.configuration(), round: 2, violation: BridgeCase.violation(.cnt1), moment: .atRest,
      begun: [500, 500, 500, 500])
    #expect(episodes(found).contains { $0.threads.count > 1 })
  }

  @Test func `a thread alone has episodes of its own`() {
    let found = BridgeCase.racing(
      BridgeCase.configuration(threads: 1), checker: .ord1, task: 0, begun: [40])
    let episodes = episodes(found)
    #expect(!episodes.isEmpty)
    #expect(episodes.allSatisfy { $0.threads.count == 1 })
  }
}
