/// Episodes that are made of others.
import Episodes
import Executions
import Machine
import Scheduling
import SecureEPT
import TestSupport
import Testing

@Suite struct EpisodeVariationTests {
  private static let limit = 3

  private static func drawn(_ seed: UInt64, isKernel: Bool = false) -> Episode {
    var draws = SplitMix64(seed: seed, .episode)
    let name = ScenarioName.deal(seed, isKernel: isKernel)
    let episode = Scenario.episode(name, threads: limit, operations: limit, policy: .fourK, draws: &draws)
    return isKernel ? episode.forKernel() : episode
  }

  private static func varied(_ seed: UInt64, isKernel: Bool = false) -> Episode {
    var variation = EpisodeVariation(
      operations: limit, isKernel: isKernel, draws: SplitMix64(seed: seed, .variation))
    return variation.vary(drawn(seed, isKernel: isKernel), with: drawn(seed + 1, isKernel: isKernel))
  }

  @Test(arguments: [false, true]) func `what is made is within the limits of what was drawn`(isKernel: Bool) {
    for seed in 0..<3_000 as Range<UInt64> {
      let episode = Self.varied(seed, isKernel: isKernel)
      #expect((1...Self.limit).contains(episode.threads.count))
      #expect(episode.threads.allSatisfy { $0.count <= Self.limit })
      #expect((1...Episode.largestRegionCount).contains(episode.regions.count) && episode.operations > 0)
      let requests = episode.populated + episode.threads.flatMap { $0 }
      #expect(requests.allSatisfy { !$0.range.isEmpty && $0.range.upperBound <= episode.guestPages })
      #expect(requests.allSatisfy { $0.draw < Episode.drawBound })
      #expect(requests.count { $0.operation == .invalidate } <= 2)
    }
  }

  @Test func `equal draws make equal episodes, and nearly all of them are new`() {
    let numbers = 0..<1_000 as Range<UInt64>
    #expect(numbers.allSatisfy { Self.varied($0) == Self.varied($0) })
    #expect(numbers.count { Self.varied($0) != Self.drawn($0) } > 900)
    let operations = numbers.flatMap { Self.varied($0, isKernel: true).threads.flatMap { $0 }.map(\.operation) }
    #expect(Set(operations).isSuperset(of: [.touch, .logDirty, .collectDirty, .invalidate, .recover, .guest]))
  }

  @Test func `most of what is made can be asked for`() {
    let numbers = 0..<1_000 as Range<UInt64>
    #expect(numbers.count { Self.varied($0).oddity(isKernel: false) == nil } > 950)
    #expect(numbers.count { Self.varied($0, isKernel: true).forKernel().oddity(isKernel: true) == nil } > 700)
  }

  @Test func `a token carries it`() throws {
    for seed in 0..<300 as Range<UInt64> where Self.varied(seed).oddity(isKernel: false) == nil {
      var token = Tokens.minimized()
      token.episode = Self.varied(seed)
      token.schedule = Schedule()
      #expect(try Token(parsing: token.text).episode == token.episode)
    }
  }
}
