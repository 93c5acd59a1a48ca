/// What becomes of episodes when a kernel runs them.
import Campaign
import Machine
import SecureEPT
import Testing

@Suite struct KernelEpisodeTests {
  private func episodes(_ name: ScenarioName) -> [Episode] {
    (0..<200 as Range<UInt64>).map { seed in
      var draws = SplitMix64(seed: seed, .episode)
      return Scenario.episode(name, threads: 3, operations: 4, policy: .fourK, draws: &draws).forKernel()
    }
  }

  @Test(arguments: ScenarioName.allCases.filter(\.isForKernel))
  func `memory that may be private is never logged nor recovered`(_ name: ScenarioName) {
    for episode in episodes(name) {
      let requests = episode.populated + episode.threads.flatMap { $0 }
      let converted = requests.filter { $0.operation == .convert }.map(\.range)
      for request in requests where [.wrprot, .clearDirty, .recover].contains(request.operation) {
        #expect(
          !converted.contains { ($0.lowerBound >> 9)...(($0.upperBound - 1) >> 9) ~= request.range.lowerBound >> 9 })
        #expect(request.range.allSatisfy { !episode.regions[Int($0 >> 9)].isPrivate })
      }
      #expect(episode.provesMmu)
    }
  }

  @Test func `what a kernel cannot be asked for becomes a fault`() {
    for name in [ScenarioName.mirrorSplit, .mirrorPrune, .planted] {
      for episode in episodes(name) {
        let operations = Set((episode.populated + episode.threads.flatMap { $0 }).map(\.operation))
        #expect(operations.isDisjoint(with: [.splitMirror, .pruneMirror, .plant]))
      }
    }
  }

  @Test func `a kernel's token carries the tree's hash, and no protocol`() throws {
    var token = Tokens.minimized()
    token.mutant = nil
    token.kernelTree = 0xfeed_0123_4567_89ab
    #expect(token.text.hasPrefix("k1:"))
    #expect(try Token(parsing: token.text) == token)
    #expect(Token.resembles(token.text))
  }
}
