/// That of threads which do the same only one order is executed, and nothing is missed by it.
import Campaign
import Executions
import Machine
import MirrorMMU
import Scheduling
import SecureEPT
import Testing

struct TwinsTests {
  private static func search(
    _ tasks: Int = 2, policy: Policy = .fourK, mutant: Mutant? = nil, hasTwins: Bool = true
  ) throws -> EpisodeSearch {
    try #require(
      EpisodeSearch(
        tasks: tasks, subject: .model(.mainline, mutant), policy: policy, mostYes: 1, hasTwins: hasTwins))
  }

  /// As many as there are up to a permutation of the threads; with none 96 and 23,856.
  @Test(arguments: [(2, 48 as UInt64), (3, 3_983)])
  func `the common model has so many classes that no exchange of threads makes equal`(
    threads: Int, classes: UInt64
  ) throws {
    let request = Request(operation: .fault, range: 0..<1, draw: 0)
    let episode = Episode(
      subject: .micro, scenario: "micro", policy: .fourK, regions: [],
      threads: Array(repeating: [request, request], count: threads))
    let result = try Self.search(threads).run(episode, limit: .max)
    #expect(result.end == .complete && result.classes == classes && result.executions == classes)
  }

  /// Items in which both threads do the same.
  private static func items(_ policy: Policy, answers: Bool) -> [ExhaustPlan.Item] {
    ExhaustPlan(policy: policy, answers: answers).items.filter {
      $0.episode.threads.count == 2 && $0.episode.threads[0] == $0.episode.threads[1]
    }
  }

  private static func mix(_ hash: UInt64, _ value: UInt64 = 0) -> UInt64 {
    let mixed = (hash ^ value) &* 0x9e37_79b9_7f4a_7c15
    return (mixed ^ mixed >> 29) &* 0xbf58_476d_1ce4_e5b9
  }

  /// What the tables hold, whichever thread's page one is in.
  private static func tables(of world: FiberWorld) -> UInt64 {
    let arena = world.machine.pointee.arena
    var sum: UInt64 = 0
    for page in 1..<arena.highWater where arena.headers[page].state == .linked {
      let header = arena.headers[page]
      for index in 0..<Spte.entriesPerTable {
        let entry = arena.base[page * Spte.entriesPerTable + index]
        let isTable = header.kind == .external ? SeptEntry.isTable(entry) : Spte.isNonLeaf(entry, Int(header.level))
        let place = UInt64(index) | UInt64(header.level) << 16 | UInt64(header.kind.rawValue) << 24
        sum &+= Self.mix(Self.mix(header.gfn << 32 | place), isTable ? 0 : entry)
      }
    }
    return sum
  }

  @Test(arguments: [Policy.fourK, .hugeShared])
  func `the protocol comes to the same tables whichever thread is which`(_ policy: Policy) throws {
    let (one, both) = (try Self.search(policy: policy), try Self.search(policy: policy, hasTwins: false))
    var (compared, fewer) = (0, 0)
    for answers in [false, true] {
      for item in Self.items(policy, answers: answers) {
        var (tables, all): (Set<UInt64>, Set<UInt64>) = ([], [])
        let whole = both.run(item.episode, limit: 100, each: { _, _ in all.insert(Self.tables(of: both.world)) })
        guard whole.end == .complete else { continue }
        let result = one.run(item.episode, limit: .max, each: { _, _ in tables.insert(Self.tables(of: one.world)) })
        #expect(result.end == .complete && tables == all, "\(item.name), \(item.table)")
        compared += 1
        if result.executions < whole.executions { fewer += 1 }
      }
    }
    #expect(compared > 40 && fewer > 20, "\(compared) compared, \(fewer) with fewer executions")
  }

  @Test(arguments: ["plain-freeze", "ignore-frozen", "stale-retry"])
  func `what breaks a rule does so whichever thread is which`(_ name: String) throws {
    let mutant = try #require(Mutant(rawValue: name))
    let (one, both) = (try Self.search(mutant: mutant), try Self.search(mutant: mutant, hasTwins: false))
    var broken = 0
    for item in Self.items(.fourK, answers: true) {
      let whole = both.run(item.episode, limit: 200)
      guard whole.end == .complete || whole.end == .violation else { continue }
      let result = one.run(item.episode, limit: .max)
      #expect(result.end == whole.end, "\(item.name), \(item.table)")
      if whole.end == .violation { broken += 1 }
    }
    #expect(broken > 0)
  }
}
