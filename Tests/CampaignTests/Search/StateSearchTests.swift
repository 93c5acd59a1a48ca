/// That a search of states comes to all that the interleavings come to, though it takes steps that are nobody else's
/// business without a decision; and that one with a bound comes to all that needs no more preemptions.
import Campaign
import Executions
import Foundation
import KernelMMU
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

struct StateSearchTests {
  private static func search(
    _ subject: Subject = .model(.mainline, nil), mostYes: UInt32 = 1, policy: Policy = .fourK,
    by method: EpisodeSearch.Method
  ) throws -> EpisodeSearch {
    try #require(
      EpisodeSearch(tasks: 2, subject: subject, policy: policy, mostYes: mostYes, hasTwins: false, method: method))
  }

  /// The tables that an episode's executions leave behind.
  private static func ends(
    _ item: ExhaustPlan.Item, _ search: EpisodeSearch, _ method: EpisodeSearch.Method? = nil, limit: UInt64
  ) -> (result: EpisodeSearch.Result, tables: Set<UInt64>) {
    var tables: Set<UInt64> = []
    let result = search.run(item.episode, by: method, limit: limit, each: { tables.insert($1) })
    return (result, tables)
  }

  /// Every so many of a plan's items.
  private static func some(
    _ stride: Int, _ policy: Policy = .fourK, answers: Bool = false, kernel: KernelSubject? = nil
  ) -> [ExhaustPlan.Item] {
    let items = ExhaustPlan(policy: policy, answers: answers, kernel: kernel).items
    return Swift.stride(from: 0, to: items.count, by: stride).map { items[$0] }
  }

  @Test(arguments: [Policy.fourK, .hugeShared])
  func `what is nobody else's business is left out, and no end is missed`(_ policy: Policy) throws {
    let classes = try Self.search(policy: policy, by: .classes(.everyClass))
    let states = try Self.search(policy: policy, by: .states(trust: .all))
    var (compared, fewer) = (0, 0)
    for answers in [false, true] {
      for item in Self.some(29, policy, answers: answers) {
        let (whole, all) = Self.ends(item, classes, limit: 400)
        guard whole.end == .complete else { continue }
        let (result, tables) = Self.ends(item, states, limit: .max)
        #expect(result.end == .complete && tables == all, "\(item.name), \(item.table)")
        compared += 1
        if result.executions < whole.executions { fewer += 1 }
      }
    }
    #expect(compared > 60 && fewer > 0)
  }

  @Test func `a search that does not hear of hidden communication leaves out what it must not`() throws {
    let (hearing, deaf) = (try Self.search(by: .states(trust: .all)), try Self.search(by: .states(trust: .all)))
    deaf.isDeaf = true
    #expect(
      Self.some(3).contains { item in
        let (result, tables) = Self.ends(item, hearing, limit: 2_000)
        return result.end == .complete && Self.ends(item, deaf, limit: 2_000).tables != tables
      })
  }

  @Test(.enabled(if: KernelTrees.newest != nil, KernelTrees.why))
  func `of a kernel no end is missed either`() throws {
    let kernel = try KernelTrees.kernel()
    let trusting = try Self.search(.kernel(kernel), by: .states(trust: .tables))
    let asking = try Self.search(.kernel(kernel), by: .states(trust: .nothing))
    let naive = try Self.search(.kernel(kernel), by: .classes(.everyInterleaving))
    var (compared, fewer, naively) = (0, 0, 0)
    // With STRESS_WIDE set many more, for a night.
    let isWide = ProcessInfo.processInfo.environment["STRESS_WIDE"] != nil
    for item in Self.some(isWide ? 7 : 31, kernel: kernel) {
      let (whole, all) = Self.ends(item, asking, limit: isWide ? 5_000 : 300)
      guard whole.end == .complete else { continue }
      let (result, tables) = Self.ends(item, trusting, limit: .max)
      #expect(result.end == .complete && tables == all, "\(item.name), \(item.table)")
      compared += 1
      if result.executions < whole.executions { fewer += 1 }
      let (every, ends) = Self.ends(item, naive, limit: isWide ? 20_000 : 500)
      guard every.end == .complete else { continue }
      #expect(ends == all, "\(item.name), \(item.table)")
      naively += 1
    }
    #expect(compared > 10 && fewer > 5 && naively > (isWide ? 49 : 3), "\(naively) of \(compared)")
  }

  /// Operations on one entry that take no lock, so that whose step on it comes first is all that there is to decide.
  @Test(.enabled(if: KernelTrees.newest != nil, KernelTrees.why))
  func `of a kernel steps on an entry are decided on where they meet, or ends are missed`() throws {
    let kernel = try KernelTrees.kernel()
    let asking = try Self.search(.kernel(kernel), by: .states(trust: .nothing))
    let trusting = try Self.search(.kernel(kernel), by: .states(trust: .tables))
    let blind = try Self.search(.kernel(kernel), by: .states(trust: .tables))
    blind.isBlind = true
    let items = ["touch-write", "age", "fast-fault"].flatMap { other in
      ["wrprot", "clear-dirty", "touch-read", "age"].flatMap { one in
        ExhaustPlan(policy: .fourK, operations: [one, other], answers: false, kernel: kernel).items
      }
    }
    var (compared, missed) = (0, 0)
    for item in items where item.table.contains("leaf") || item.table.contains("read-only") {
      let (whole, all) = Self.ends(item, asking, limit: 2_000)
      guard whole.end == .complete else { continue }
      let (result, tables) = Self.ends(item, trusting, limit: .max)
      #expect(result.end == .complete && tables == all, "\(item.name), \(item.table)")
      compared += 1
      if Self.ends(item, blind, limit: 2_000).tables != all { missed += 1 }
    }
    #expect(compared > 10 && missed > 3, "\(compared) compared, \(missed) missed by the blind search")
  }

  /// Dirty logging is refused for what may be private, and the model has none.
  @Test(.enabled(if: KernelTrees.newest != nil, KernelTrees.why))
  func `no pair is of what callers rule out`() throws {
    func operations(_ kernel: KernelSubject?) -> Set<String> {
      Set(ExhaustPlan(policy: .fourK, answers: true, kernel: kernel).items.map(\.name))
    }
    let ofKernel = operations(try KernelTrees.kernel())
    #expect(ofKernel.contains("fault x collect-dirty") && !ofKernel.contains("convert x log-dirty-on"))
    #expect(ofKernel.isDisjoint(with: ["recover x log-dirty-on", "recover x log-dirty-off"]))
    #expect(!operations(nil).contains { $0.contains("dirty-o") || $0.contains("collect") })
  }

  @Test func `a bound leaves out what needs more preemptions, and nothing else`() throws {
    let search = try Self.search(by: .states(trust: .all))
    var grown = 0
    for item in Self.some(17) {
      let (whole, all) = Self.ends(item, search, limit: 2_000)
      guard whole.end == .complete else { continue }
      var before: Set<UInt64> = []
      for preemptions in 0...4 {
        let (result, tables) = Self.ends(
          item, search, .states(preemptions: preemptions, trust: .all), limit: .max)
        #expect(result.end == .complete)
        #expect(before.isSubset(of: tables) && tables.isSubset(of: all), "\(item.name), \(item.table)")
        if preemptions > 0 && tables.count > before.count { grown += 1 }
        before = tables
      }
    }
    #expect(grown > 3)
  }

  @Test func `a race that needs one preemption is found with one, and not with none`() throws {
    let mutant = Mutant.ignoreFrozen
    let items = ExhaustPlan(policy: mutant.policy, operations: ["fault", "fault"], answers: false).items
    let search = try Self.search(.model(.mainline, mutant), mostYes: 0, policy: mutant.policy, by: .states(trust: .all))
    func end(_ preemptions: Int) throws -> EpisodeSearch.End {
      search.run(
        try #require(items.first).episode, by: .states(preemptions: preemptions, trust: .all), limit: 10_000
      ).end
    }
    #expect(try end(0) == .complete)
    #expect(try end(1) == .violation)
  }

  @Test(arguments: [Mutant.dropPropagate, .stayFrozen])
  func `a search of states finds what classes find`(_ mutant: Mutant) throws {
    for method in [EpisodeSearch.Method.states(trust: .all), .states(trust: .nothing), .classes(.everyClass)] {
      let search = try Self.search(.model(.mainline, mutant), policy: mutant.policy, by: method)
      let items = ExhaustPlan(policy: mutant.policy, answers: true).items
      #expect(items.prefix(60).contains { search.run($0.episode, limit: 2_000).end == .violation })
    }
  }
}
