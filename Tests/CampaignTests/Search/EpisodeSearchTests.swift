/// That a search executes every class of interleavings, and each once: against counts that are known, against the
/// search of every interleaving, and against interleavings that are drawn.
import Campaign
import Executions
import Foundation
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

struct EpisodeSearchTests {
  private static func search(
    _ tasks: Int = 2, mostYes: UInt32 = 1, policy: Policy = .fourK, method: EpisodeSearch.Method = .classes(.everyClass)
  ) throws -> EpisodeSearch {
    try #require(
      EpisodeSearch(
        tasks: tasks, subject: .model(.mainline, nil), policy: policy, mostYes: mostYes, hasTwins: false,
        method: method))
  }

  private func micro(threads: Int) -> Episode {
    let request = Request(operation: .fault, range: 0..<1, draw: 0)
    return Episode(
      subject: .micro, scenario: "micro", policy: .fourK, regions: [],
      threads: Array(repeating: [request, request], count: threads))
  }

  @Test(arguments: [(2, 96 as UInt64), (3, 23_856)])
  func `the common model has so many classes, and each is executed once`(threads: Int, classes: UInt64) throws {
    let result = try Self.search(threads).run(micro(threads: threads), limit: .max)
    #expect(result.end == .complete)
    #expect(result.classes == classes)
    #expect(result.executions == classes)
  }

  @Test func `two threads of the common model have 470 interleavings`() throws {
    let result = try Self.search(method: .classes(.everyInterleaving)).run(micro(threads: 2), limit: .max)
    #expect(result.classes == 470 && result.executions == 470)
  }

  @Test func `a search that is left says so, and of states how far it has come`() throws {
    let search = try Self.search(3)
    let classes = search.run(micro(threads: 3), limit: 100)
    #expect(classes.executions == 100 && classes.end == .partial(explored: nil))
    let shares = [100, 1_000, 2_500 as UInt64].map { limit -> Double in
      guard case .partial(let explored?) = search.run(micro(threads: 3), by: .states(trust: .all), limit: limit).end
      else { return 1 }
      return explored
    }
    #expect(shares[0] > 0 && shares.last.map { $0 <= 1 } == true && shares == shares.sorted(), "\(shares)")
  }

  @Test func `a search that nobody waits for is left, however long an execution is`() throws {
    let early = EarlyEnd()
    let search = try #require(
      EpisodeSearch(tasks: 2, subject: .model(.mainline, nil), policy: .fourK, mostYes: 1, early: early))
    var executions = 0
    let result = search.run(
      Self.episode(.faultFault, 0), limit: 100,
      each: { _, _ in
        executions += 1
        if executions == 3 { early.cut() }
      })
    #expect(search.world.isCut && search.world.violation == nil)
    #expect(result.executions < 100 && result.end != .complete && executions == 3)
  }

  private struct Seen: Equatable, Sendable {
    var classes: Set<UInt64> = []
    var states: Set<UInt64> = []
  }

  private static func seen(_ episode: Episode, _ search: EpisodeSearch, limit: UInt64) -> (EpisodeSearch.Result, Seen) {
    var seen = Seen()
    let result = search.run(
      episode, limit: limit,
      each: { hash, state in
        seen.classes.insert(hash)
        seen.states.insert(state)
      })
    return (result, seen)
  }

  private static func episode(_ scenario: ScenarioName, _ seed: UInt64, policy: Policy = .fourK) -> Episode {
    var draws = SplitMix64(seed: seed, .episode)
    return Scenario.episode(scenario, threads: 2, operations: 1, policy: policy, draws: &draws)
  }

  private static let scenarios: [ScenarioName] = [
    .faultFault, .faultNeighbours, .faultZap, .faultUnmap, .faultSplit, .faultConvert, .faultNxRecover, .faultRecover,
    .faultInvalidate, .busy, .guestZap, .lockless, .recoverUnmap, .teardown, .random,
  ]

  private struct Small: Sendable {
    var name: String
    var episode: Episode
    /// Of every interleaving.
    var executions: UInt64
    var all: Seen
  }

  /// Most classes, and most interleavings, of an episode for which the latter are all executed; and how many episodes
  /// of each scenario are looked at. With STRESS_WIDE set it is many more, for a night.
  private static let (mostClasses, mostInterleavings) =
    isWide ? (1_000 as UInt64, 20_000 as UInt64) : (500 as UInt64, 2_200 as UInt64)
  private static let seeds: Range<UInt64> = 0..<(isWide ? 400 : 16)
  private static let isWide = ProcessInfo.processInfo.environment["STRESS_WIDE"] != nil

  /// The episodes that are small enough for every interleaving: executed once for all tests.
  private static let small: Result<[Small], any Error> = Result {
    let (reduced, whole) = (try search(), try search(method: .classes(.everyInterleaving)))
    var small: [Small] = []
    for scenario in scenarios {
      for seed in seeds {
        let episode = episode(scenario, seed)
        // Those of too many classes have more interleavings yet.
        if case .partial = reduced.run(episode, limit: mostClasses).end { continue }
        let (naive, all) = seen(episode, whole, limit: mostInterleavings)
        guard naive.end == .complete else { continue }
        small.append(
          Small(name: "\(scenario), seed \(seed)", episode: episode, executions: naive.executions, all: all))
      }
    }
    return small
  }

  @Test func `what is left out is of the class of something that is not`() throws {
    let (reduced, small) = (try Self.search(), try Self.small.get())
    for one in small {
      let (result, some) = Self.seen(one.episode, reduced, limit: .max)
      #expect(result.end == .complete)
      #expect(some == one.all, "\(one.name)")
      #expect(result.classes == UInt64(one.all.classes.count), "\(one.name)")
    }
    #expect(small.count >= (Self.isWide ? 300 : 5), "\(small.count) are small enough")
  }

  @Test func `a search that does not hear of hidden communication misses some of it`() throws {
    let (reduced, whole) = (try Self.search(), try Self.search(method: .classes(.everyInterleaving)))
    (reduced.isDeaf, whole.isDeaf) = (true, true)
    #expect(
      try Self.small.get().contains { one in
        let (_, some) = Self.seen(one.episode, reduced, limit: .max)
        return some != Self.seen(one.episode, whole, limit: .max).1
      })
  }

  @Test(arguments: scenarios)
  func `no interleaving that is drawn is of a class of its own`(_ scenario: ScenarioName) throws {
    for seed in 0..<(Self.isWide ? 6 : 2) as Range<UInt64> {
      let policy: Policy = seed % 2 == 0 ? .huge : .fourK
      let episode = Self.episode(scenario, seed, policy: policy)
      let (result, all) = Self.seen(episode, try Self.search(policy: policy), limit: Self.isWide ? 50_000 : 3_000)
      guard result.end == .complete else { continue }
      let random = try Self.search(policy: policy, method: .classes(.drawn(seed: seed)))
      let (_, drawn) = Self.seen(episode, random, limit: Self.isWide ? 1_000_000 : 1_000)
      #expect(drawn.classes.isSubset(of: all.classes), "seed \(seed)")
      #expect(drawn.states.isSubset(of: all.states), "seed \(seed)")
    }
  }
}
