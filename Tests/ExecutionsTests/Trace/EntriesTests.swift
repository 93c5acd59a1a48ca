import Episodes
import Executions
import Machine
import MirrorMMU
import Records
import Scheduling
import TestSupport
import Testing

/// The entries of an interleaving: with the changes of its rows they tell the tables after any of them.
@Suite struct EntriesTests {
  private typealias Entry = Interleaving.Entry

  private static func fault(_ gfn: Gfn) -> Request { Request(operation: .fault, range: gfn..<(gfn + 1), draw: 0) }

  private static func episode(_ populated: [Request]) -> Episode {
    Episode(
      scenario: "test", policy: .fourK, regions: [.init(isPrivate: true, allowsHuge: false)], populated: populated,
      threads: [[fault(0x11)], [fault(0x11)]])
  }

  @Test func `what a fault writes, and what is above it, is told as it was at first`() throws {
    let entries = try #require(
      Failing(Self.episode([Self.fault(0x10)]), Schedule()).interleaving().entries)
    #expect(
      entries.map { "\($0.table) \($0.gfn) \($0.level)" } == [
        "mirror 0x0 4", "mirror 0x0 3", "mirror 0x0 2", "mirror 0x11 1",
        "S-EPT 0x0 4", "S-EPT 0x0 3", "S-EPT 0x0 2", "S-EPT 0x11 1",
      ])
    #expect(entries.filter { $0.level > 1 }.allSatisfy { $0.value.hasPrefix("table #") })
    #expect(entries.filter { $0.level == 1 }.map(\.value) == ["NONPRESENT", "free"])
  }

  @Test func `an entry that no table holds yet has no value`() throws {
    let entries = try #require(Failing(Self.episode([]), Schedule()).interleaving().entries)
    #expect(entries.contains(Entry(table: "mirror", gfn: "0x11", level: 1, value: "-")))
  }

  @Test(arguments: [
    (Mutant.thawFirst, ScenarioName.faultFault), (.noRestore, .busy), (.lostZap, .lockless),
    (.earlyFree, .faultNxRecover), (.noTrack, .guestZap),
  ])
  func `entries and changes fit together`(mutant: Mutant, scenario: ScenarioName) throws {
    let interleaving = try Failing.search(mutant, scenario, minimized: true).interleaving()
    var state = Tables(interleaving)
    for change in interleaving.rows.flatMap({ $0.changes ?? [] }) { state.take(change) }
    #expect(state.misfits == [])
  }

  @Test func `the S-EPT entry beside the focus is told, though no SEAMCALL came to it`() throws {
    // Threads meet at an entry that one has frozen and the other takes for its own.
    let interleaving = try Failing.search(.ignoreFrozen, .guestZap, threads: 3, minimized: true).interleaving()
    var state = Tables(interleaving)
    for change in interleaving.rows.flatMap({ $0.changes ?? [] }) { state.take(change) }
    let last = try #require(interleaving.rows.last)
    let place = try #require(interleaving.externalTitle.wholeMatch(of: /S-EPT (\w+) (\w+)/))
    let level = try #require(["4K": 1, "2M": 2, "1G": 3, "512G": 4][place.2])
    #expect(state.values["S-EPT \(place.1) \(level)"] == last.external)
  }

  // MARK: Condensed

  @Test func `a condensed interleaving has the steps that matter, and ends with the same tables`() throws {
    let whole = try Failing.search(.noRestore, .busy).interleaving()
    let short = whole.condensed()
    #expect(short.rows.count < whole.rows.count)
    #expect(
      short.rows.map(\.step) == whole.rows.filter { $0.matters || $0.changesSpte || $0.changesExternal }.map(\.step))
    #expect(short.breaking?.step == whole.breaking?.step)
    #expect(Tables.atEnd(short) == Tables.atEnd(whole))
  }

  @Test func `it has no more rows than it may, and its entries are those before the first of them`() throws {
    var whole = try Failing.search(.noRestore, .busy).interleaving()
    for index in whole.rows.indices { whole.rows[index].matters = true }
    while whole.rows.count <= Interleaving.condensedRows { whole.rows += whole.rows }
    let short = whole.condensed()
    #expect(short.rows.count == Interleaving.condensedRows)
    #expect(Tables.atEnd(short) == Tables.atEnd(whole))
  }

  @Test func `what begins and ends in rows that are left out is over`() {
    func row(_ step: UInt64, _ matters: Bool, _ marks: [Interleaving.Mark]) -> Interleaving.Row {
      .init(
        step: step, thread: 0, action: "read", spte: "", external: "", changesSpte: false, changesExternal: false,
        isPreemption: false, matters: matters, marks: marks)
    }
    let whole = Interleaving(
      threads: [0], spteTitle: "", externalTitle: "",
      rows: [
        row(1, false, [.init(.operation, "zap 0x0", begins: true)]), row(2, false, [.init(.rcu, "RCU", begins: true)]),
        row(3, false, [.init(.rcu, "RCU", begins: false)]), row(4, true, []),
        row(5, false, [.init(.operation, "zap 0x0", begins: false)]),
      ])
    let rows = whole.condensed().rows
    #expect(rows.map(\.step) == [4])
    #expect(
      rows[0].marks == [
        .init(.operation, "zap 0x0", begins: true), .init(.operation, "zap 0x0", begins: false),
      ])
  }
}

/// Entries by name, and what stands in them.
private struct Tables {
  private(set) var values: [String: String] = [:]
  /// Changes whose old value is another than what was there.
  private(set) var misfits: [String] = []

  init(_ interleaving: Interleaving) {
    for entry in interleaving.entries ?? [] { values["\(entry.table) \(entry.gfn) \(entry.level)"] = entry.value }
  }

  mutating func take(_ change: Interleaving.Change) {
    let name = "\(change.table) \(change.gfn) \(change.level)"
    guard let value = values[name] else { return misfits.append("\(name) is not among the entries") }
    // A table that did not exist is not told to come: what was in its entries is.
    let isNew = value == "-" || value == "no table" || change.old == "no table"
    if value != change.old && !isNew { misfits.append("\(name): \(value), not \(change.old)") }
    values[name] = change.new
  }

  static func atEnd(_ interleaving: Interleaving) -> [String: String] {
    var tables = Tables(interleaving)
    for change in interleaving.rows.flatMap({ $0.changes ?? [] }) { tables.take(change) }
    return tables.values
  }
}
