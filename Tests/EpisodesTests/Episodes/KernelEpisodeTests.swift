/// What becomes of episodes when a kernel runs them.
import Episodes
import Machine
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct KernelEpisodeTests {
  private func episodes(_ name: ScenarioName, policy: Policy = .fourK) -> [Episode] {
    (0..<200 as Range<UInt64>).map { seed in
      var draws = SplitMix64(seed: seed, .episode)
      return Scenario.episode(name, threads: 3, operations: 4, policy: policy, draws: &draws).forKernel()
    }
  }

  private static let suspects: [ScenarioName] = [.suspectWrprot, .suspectEio]

  @Test(arguments: ScenarioName.allCases.filter { $0.isForKernel && !suspects.contains($0) })
  func `memory that may be private is never logged nor recovered`(_ name: ScenarioName) {
    for episode in episodes(name) {
      let requests = episode.populated + episode.threads.flatMap { $0 }
      let converted = requests.filter { $0.operation == .convert }.map(\.range)
      for request in requests where [.wrprot, .clearDirty, .recover].contains(request.operation) {
        #expect(
          !converted.contains { ($0.lowerBound >> 9)...(($0.upperBound - 1) >> 9) ~= request.range.lowerBound >> 9 })
        #expect(request.range.allSatisfy { !episode.regions[Int($0 >> 9)].isPrivate })
      }
      #expect(episode.assertsLocks && episode.tdIsDead == (name == .dying))
      #expect(episode.lacksInterrupts == (name == .suspectRetry))
    }
  }

  @Test(arguments: suspects) func `what is suspected is asked for in spite of the rule`(_ name: ScenarioName) {
    for episode in episodes(name) {
      let requests = episode.threads.flatMap { $0 }
      #expect(requests.contains { [.wrprot, .clearDirty, .recover].contains($0.operation) })
      #expect(episode.regions.allSatisfy { $0.isPrivate })
      #expect(!episode.assertsLocks && episode.tdIsDead == (name == .suspectEio))
    }
  }

  @Test(arguments: ScenarioName.allCases.filter(\.isForKernel))
  func `on direct roots alone all memory is shared, and what is asked for is drawable`(_ name: ScenarioName) {
    for seed in 0..<200 as Range<UInt64> {
      var draws = SplitMix64(seed: seed, .episode)
      let drawn = Scenario.episode(name, threads: 3, operations: 4, policy: .fourK, draws: &draws)
      let episode = drawn.forKernel(hasMirrorRoots: false)
      #expect(!episode.needsPrivateMemory && episode.oddity(isKernel: true) == nil)
      #expect(episode.forKernel(hasMirrorRoots: false) == episode)
      #expect(episode.operations == drawn.operations)
    }
  }

  @Test func `whether the kernel proves its MMU is drawn`() {
    #expect(Set(episodes(.faultInvalidate).map(\.provesMmu)) == [true, false])
  }

  @Test func `a dead TD, silent lock assertions and missing interrupts stand in the token`() throws {
    for name in Self.suspects + [.suspectRetry] {
      var token = Tokens.minimized()
      token.mutant = nil
      token.kernelTree = 1
      token.episode = episodes(name)[0]
      token.schedule = Schedule()
      let read = try Token(parsing: token.text)
      #expect(read.episode == token.episode && read.episode.assertsLocks == (name == .suspectRetry))
    }
  }

  @Test func `what a kernel cannot be asked for becomes a fault`() {
    for name in [ScenarioName.mirrorSplit, .mirrorPrune] {
      #expect(operations(episodes(name)).isDisjoint(with: [.splitMirror, .pruneMirror]))
    }
  }

  @Test func `private huge pages are split where the policy has any, and planted under each`() {
    #expect(operations(episodes(.mirrorSplit, policy: .huge)).contains(.splitMirror))
    #expect(operations(episodes(.mirrorPrune, policy: .huge)).isDisjoint(with: [.pruneMirror]))
    for policy in [Policy.fourK, .huge] { #expect(operations(episodes(.planted, policy: policy)).contains(.plant)) }
  }

  private func operations(_ episodes: [Episode]) -> Set<Operation> {
    Set(episodes.flatMap { $0.populated + $0.threads.flatMap { $0 } }.map(\.operation))
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
