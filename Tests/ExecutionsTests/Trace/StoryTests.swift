import Episodes
import Executions
import Machine
import MirrorMMU
import Records
import TestSupport
import Testing

/// What every interleaving has to tell, held for each mutant of the model: what it is about, who wrote that, who took
/// what another thread had frozen, what is in no tree any more, and which row is to blame.
@Suite struct StoryTests {
  @Test(arguments: Mutant.allCases)
  func `the table of a mutant tells its story`(mutant: Mutant) throws {
    let scenario = try #require(ScenarioName(rawValue: mutant.scenario))
    let failing = try Failing.search(mutant, scenario, threads: 3, policy: mutant.policy, minimized: true)
    let interleaving = try failing.interleaving()
    #expect(interleaving.rows.filter(\.action.isEmpty) == [])
    Self.blames(interleaving)
    Self.showsFocus(interleaving)
    Self.showsThefts(interleaving)
    Self.marksUnlinked(interleaving)
  }

  // MARK: The rules

  /// One row is to blame, and it is shown; where a step broke the rule it is that step's.
  private static func blames(_ interleaving: Interleaving) {
    let blamed = interleaving.rows.filter { $0.blame != nil }
    #expect(blamed.count == 1 && blamed.allSatisfy(\.matters))
    guard let step = interleaving.violationStep else { return }
    #expect(blamed.first?.step == step && blamed.first?.blame == .breaks)
  }

  /// Every row up to the one to blame that writes the entry of the columns, or the S-EPT's beside it, is shown.
  private static func showsFocus(_ interleaving: Interleaving) {
    guard let focus = interleaving.spteTitle.firstMatch(of: /(?:(\w+) )?SPTE (0x\w+) (\w+)$/) else {
      Issue.record("'\(interleaving.spteTitle)' names no entry")
      return
    }
    let tables = focus.1.map { [String($0)] } ?? ["mirror", "S-EPT"]
    let last = interleaving.blamed ?? interleaving.rows.count - 1
    for row in interleaving.rows.prefix(last + 1) {
      let isAbout = (row.changes ?? []).contains { change in
        tables.contains(change.table) && change.gfn == focus.2 && Self.levels[change.level] == String(focus.3)
      }
      if isAbout && !row.matters { Issue.record("hidden: \(row.step) \(row.action)") }
    }
  }

  /// An SPTE that one thread froze and another wrote: both rows are shown.
  private static func showsThefts(_ interleaving: Interleaving) {
    var owners: [String: Interleaving.Row] = [:]
    for row in interleaving.rows {
      let place = row.action.firstMatch(of: /(0x\w+\/\w+ )?FROZEN/)?.1.map(String.init) ?? ""
      if row.action.contains("xchg") && row.action.hasSuffix("was FROZEN"), let owner = owners[place],
        owner.thread != row.thread
      {
        #expect(row.matters && owner.matters, "\(owner.step) \(owner.action), \(row.step) \(row.action)")
      }
      if row.action.contains("cmpxchg") && row.action.contains("FROZEN") { owners[place] = row }
    }
  }

  /// A value in the SPTE's column is one of the tree, or says that it is not: the tables are followed change by change.
  private static func marksUnlinked(_ interleaving: Interleaving) {
    guard let focus = interleaving.spteTitle.firstMatch(of: /(?:(\w+) )?SPTE 0x(\w+) (\w+)$/) else { return }
    let table = focus.1.map(String.init) ?? "mirror"
    guard let gfn = Gfn(focus.2, radix: 16), let level = Self.levels.firstIndex(of: String(focus.3)), level < 4 else {
      return
    }
    let above = "0x\(String(Spte.round(gfn, level + 1), radix: 16)) \(level + 1)"
    var parent = interleaving.entries?.first { "\($0.gfn) \($0.level)" == above && $0.table == table }?.value
    for row in interleaving.rows {
      for change in row.changes ?? [] where "\(change.gfn) \(change.level)" == above && change.table == table {
        parent = change.new
      }
      guard let parent, !parent.hasPrefix("table"), parent != "-" else { continue }
      let isMarked = ["unlinked: ", "no table", "freed", "-"].contains { row.spte.hasPrefix($0) }
      #expect(isMarked || row.spte.hasSuffix("M leaf"), "\(row.step): \(row.spte) below \(parent)")
    }
  }

  private static let levels = ["", "4K", "2M", "1G", "512G"]

  // MARK: By hand

  @Test func `steal-frozen: who froze the child, what it was given, and who took it`() throws {
    // A child whose external write has been made, or is about to be, when its table goes.
    let interleaving = try Failing.search(
      .stealFrozen, .mirrorPrune, policy: .hugeShared, minimized: true, where: { $0.seen.contains("CHILDREN_PRESENT") }
    ).interleaving()
    let actions = interleaving.shown.map { $0.action.replacing(/0x\w+\//, with: "") }
    #expect(actions.contains("cmpxchg 4K FROZEN"))
    #expect(actions.contains("PAGE.AUG 4K -> SUCCESS"))
    #expect(actions.contains("xchg unlinked 4K FROZEN, was FROZEN"))
    #expect(interleaving.rows.last { $0.blame == .breaks }?.action.contains("CHILDREN_PRESENT") ?? false)
  }

  @Test func `stats-early: the step since which the statistics are off`() throws {
    let failing = try Failing.search(.statsEarly, .busy, minimized: true)
    let interleaving = try failing.interleaving()
    let blamed = try #require(interleaving.rows.first { $0.blame == .parts })
    #expect(blamed.action.hasSuffix("; stat.pages[4K] 0 -> 1"))
    let busy = try #require(interleaving.shown.first { $0.action.hasSuffix("PAGE.AUG -> BUSY") })
    #expect(busy.step > blamed.step)
  }

  @Test func `double-free: the second call_rcu is told as one`() throws {
    let interleaving = try Failing.search(
      .doubleFree, .faultRecover, minimized: true, where: { $0.seen.hasSuffix("deferred") }
    )
    .interleaving()
    #expect(interleaving.rows.contains { $0.blame == .breaks && $0.action.contains("call_rcu table #") })
    #expect(interleaving.rows.contains { $0.action.hasSuffix(", again") })
  }

  @Test func `zap-whole: an entry is named by its first gfn, whichever page of it the rule is about`() throws {
    let interleaving = try Failing.search(.zapWhole, .guestZap, policy: .huge, minimized: true).interleaving()
    let gfn = try #require(interleaving.spteTitle.firstMatch(of: /SPTE 0x(\w+) 2M/).flatMap { Gfn($0.1, radix: 16) })
    #expect(gfn % 512 == 0)
    #expect(interleaving.shown.contains { $0.action == "PAGE.REMOVE -> SUCCESS" && $0.blame == .wroteLast })
  }
}
