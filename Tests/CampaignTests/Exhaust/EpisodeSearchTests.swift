/// That a search executes every class of interleavings, and each once: against counts that are known, against the
/// search of every interleaving, and against interleavings that are drawn.
import Campaign
import Executions
import Exploration
import Machine
import MirrorMMU
import SecureEPT
import Testing

struct EpisodeSearchTests {
  private func search(
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
    let result = try search(threads).run(micro(threads: threads), limit: .max)
    #expect(result.end == .complete)
    #expect(result.classes == classes)
    #expect(result.executions == classes)
  }

  @Test func `two threads of the common model have 470 interleavings`() throws {
    let result = try search(method: .classes(.everyInterleaving)).run(micro(threads: 2), limit: .max)
    #expect(result.classes == 470 && result.executions == 470)
  }

  @Test func `threads that do the same begin in one order`() throws {
    let search = try #require(
      EpisodeSearch(tasks: 2, subject: .model(.mainline, nil), policy: .fourK, mostYes: 0))
    #expect(search.run(micro(threads: 2), limit: .max).classes == 68)
  }

  @Test func `a search that is left says so`() throws {
    let result = try search(3).run(micro(threads: 3), limit: 100)
    guard case .partial(let open) = result.end else {
      Issue.record("\(result.end)")
      return
    }
    #expect(open > 0 && result.executions == 100)
  }

  private struct Seen: Equatable {
    var classes: Set<UInt64> = []
    var states: Set<UInt64> = []
  }

  private func seen(_ episode: Episode, _ search: EpisodeSearch, limit: UInt64) -> (EpisodeSearch.Result, Seen) {
    var seen = Seen()
    let result = search.run(
      episode, limit: limit,
      each: { hash, state in
        seen.classes.insert(hash)
        seen.states.insert(state)
      })
    return (result, seen)
  }

  private func episode(_ scenario: ScenarioName, _ seed: UInt64, policy: Policy = .fourK) -> Episode {
    var draws = SplitMix64(seed: seed, .episode)
    return Scenario.episode(scenario, threads: 2, operations: 1, policy: policy, draws: &draws)
  }

  private static let scenarios: [ScenarioName] = [
    .faultFault, .faultNeighbours, .faultZap, .faultUnmap, .faultSplit, .faultConvert, .faultNxRecover, .faultRecover,
    .faultInvalidate, .busy, .guestZap, .lockless, .recoverUnmap, .teardown, .random,
  ]

  /// Episodes small enough for every interleaving.
  private func compare(limit: UInt64, isDeaf: Bool = false, _ body: (String, Seen, Seen, EpisodeSearch.Result) -> Void)
    throws
  {
    let (reduced, whole) = (try search(), try search(method: .classes(.everyInterleaving)))
    (reduced.isDeaf, whole.isDeaf) = (isDeaf, isDeaf)
    for scenario in Self.scenarios {
      for seed in 0..<16 as Range<UInt64> {
        let episode = episode(scenario, seed)
        let (naive, all) = seen(episode, whole, limit: limit)
        guard naive.end == .complete else { continue }
        let (result, some) = seen(episode, reduced, limit: .max)
        body("\(scenario), seed \(seed)", some, all, result)
      }
    }
  }

  @Test func `what is left out is of the class of something that is not`() throws {
    var compared = 0
    try compare(limit: 2_200) { name, some, all, result in
      #expect(result.end == .complete)
      #expect(some == all, "\(name)")
      #expect(result.classes == UInt64(all.classes.count), "\(name)")
      compared += 1
    }
    #expect(compared >= 5)
  }

  @Test func `a search that does not hear of hidden communication misses some of it`() throws {
    var missed = 0
    try compare(limit: 2_200, isDeaf: true) { _, some, all, _ in if some != all { missed += 1 } }
    #expect(missed > 0)
  }

  @Test func `a search of all states ends in the tables that the interleavings end in`() throws {
    let (states, whole) = (try search(method: .states), try search(method: .classes(.everyInterleaving)))
    var (compared, saved) = (0, 0)
    for scenario in Self.scenarios {
      for seed in 0..<16 as Range<UInt64> {
        let episode = episode(scenario, seed)
        let (naive, all) = seen(episode, whole, limit: 2_200)
        guard naive.end == .complete else { continue }
        let (result, some) = seen(episode, states, limit: .max)
        #expect(result.end == .complete)
        #expect(some.states == all.states, "\(scenario), seed \(seed)")
        #expect(result.executions <= naive.executions)
        compared += 1
        if result.executions < naive.executions { saved += 1 }
      }
    }
    #expect(compared >= 5 && saved > 0)
  }

  @Test(arguments: [Mutant.dropPropagate, .stayFrozen])
  func `a search of all states finds what classes find`(_ mutant: Mutant) throws {
    for method in [EpisodeSearch.Method.states, .classes(.everyClass)] {
      let search = try #require(
        EpisodeSearch(
          tasks: 2, subject: .model(.mainline, mutant), policy: mutant.policy, mostYes: 1, method: method))
      let plan = ExhaustPlan(policy: mutant.policy, answers: true)
      #expect(plan.items.prefix(60).contains { search.run($0.episode, limit: 2_000).end == .violation })
    }
  }

  @Test(arguments: scenarios)
  func `no interleaving that is drawn is of a class of its own`(_ scenario: ScenarioName) throws {
    for seed in 0..<8 as Range<UInt64> {
      let policy: Policy = seed % 3 == 0 ? .huge : .fourK
      let episode = episode(scenario, seed, policy: policy)
      let (result, all) = seen(episode, try search(policy: policy), limit: 6_000)
      guard result.end == .complete else { continue }
      let (_, drawn) = seen(episode, try search(policy: policy, method: .classes(.drawn(seed: seed))), limit: 1_000)
      #expect(drawn.classes.isSubset(of: all.classes), "seed \(seed)")
      #expect(drawn.states.isSubset(of: all.states), "seed \(seed)")
    }
  }
}
