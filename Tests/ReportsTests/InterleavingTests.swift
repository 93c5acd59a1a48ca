import Records
import Reports
import Testing

/// The table of an execution: what it shows, what it marks, and what it leaves out.
@Suite struct InterleavingTests {
  private typealias Sample = SampleInterleavings

  /// The table's lines alone, as the report of a replay has them.
  private func table(
    _ rows: [Interleaving.Row], threads: [Int] = [0, 1], violationStep: UInt64? = nil, full: Bool = false
  ) -> [String] {
    var record = SampleExplorations.replayed
    record.replay?.interleaving = Interleaving(
      threads: threads, spteTitle: "SPTE", externalTitle: "S-EPT", rows: rows, violationStep: violationStep)
    let lines = TextReport(record).render(full: full).split(separator: "\n", omittingEmptySubsequences: false)
    let start = lines.firstIndex { $0.hasPrefix("Interleaving") } ?? 0
    return lines[start..<(lines.count - 2)].map(String.init)
  }

  private func words(_ line: String) -> [Substring] { line.split(separator: " ") }

  @Test func `a value is shown at first, then only when it was written`() {
    let lines = table([
      Sample.row(1, 0, "a"), Sample.row(2, 0, "b"), Sample.row(3, 0, "c", "FROZEN", changesSpte: true),
      Sample.row(4, 0, "d", "FROZEN"), Sample.row(5, 0, "e", "FROZEN", "pending", changesExternal: true),
    ])
    #expect(
      lines[4...8].map(words) == [
        ["1", "a", "NONPRESENT", "free"], ["2", "b"], ["3", "c", "*FROZEN"], ["4", "d"], ["5", "e", "*pending"],
      ])
  }

  @Test func `values below the steps are announced in the right number`() {
    let action = String(repeating: "an action ", count: 4)
    let rows = [Sample.row(1, 0, action, "leaf pfn 0x20000000 WAD and so on"), Sample.row(2, 1, action, "leaf")]
    func narrow(_ rows: [Interleaving.Row]) -> String {
      let text = TextWidth.exactly(40) { table(rows).joined(separator: "\n") }
      return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    #expect(
      narrow(
        rows.map { row in
          var row = row
          row.external = "-"
          return row
        }
      ).contains("SPTE stands below"))
    #expect(narrow(rows).contains("SPTE and S-EPT stand below"))
  }

  @Test func `a value that was written again is marked again`() {
    let lines = table([
      Sample.row(1, 0, "a", "FROZEN", changesSpte: true), Sample.row(2, 1, "b", "FROZEN", changesSpte: true),
    ])
    #expect(words(lines[5]) == ["2", "b", "*FROZEN"])
  }

  @Test func `steps that do not matter are hidden and counted with their repeats`() {
    let rows = [
      Sample.row(1, 0, "a"), Sample.row(2, 0, "hidden", matters: false),
      Sample.row(3, 0, "spin", matters: false, repeats: 7),
    ]
    let lines = table(rows)
    #expect(!lines.contains { $0.contains("hidden") && $0.hasPrefix(" ") })
    #expect(lines.contains("8 steps that do not matter are hidden; --full shows them"))
    let all = table(rows, full: true)
    #expect(words(all[6]) == ["3", "spin", "x7"])
    #expect(!all.contains { $0.contains("--full") })
  }

  @Test func `a step that writes is shown though it is said not to matter`() {
    let lines = table([Sample.row(1, 0, "a", "FROZEN", changesSpte: true, matters: false)])
    #expect(words(lines[4]) == ["1", "a", "*FROZEN", "free"])
  }

  @Test func `a preemption by a hidden step is marked at the first step that is shown`() {
    var rows = [
      Sample.row(1, 0, "a"), Sample.row(2, 1, "b", matters: false), Sample.row(3, 1, "c"), Sample.row(4, 1, "d"),
    ]
    rows[1].isPreemption = true
    let lines = table(rows)
    #expect(lines[4...6].map { words($0).first == ">" } == [false, true, false])
    #expect(lines.contains { $0.hasPrefix("> preemption") })
  }

  @Test func `a preemption of which nothing is shown leaves no mark`() {
    var rows = [Sample.row(1, 0, "a"), Sample.row(2, 1, "b", matters: false), Sample.row(3, 0, "c")]
    rows[1].isPreemption = true
    let lines = table(rows)
    #expect(!lines.contains { words($0).first == ">" })
  }

  @Test(arguments: [(UInt64(2), 5), (6, 6)])
  func `the step that broke the rule is shown and marked, also within a spin`(step: UInt64, line: Int) {
    let rows = [
      Sample.row(1, 0, "a"), Sample.row(2, 1, "b", matters: step != 2), Sample.row(3, 1, "spin", repeats: 5),
    ]
    let lines = table(rows, violationStep: step)
    #expect(lines[line].hasSuffix("!FRZ-2"))
    #expect(lines.filter { $0.contains("!FRZ-2") }.count == 1)
    #expect(lines.contains { $0.contains("! this step broke FRZ-2") })
  }

  @Test func `a violation that was found after the last step marks none`() {
    let lines = table([Sample.row(1, 0, "a"), Sample.row(2, 1, "b")])
    #expect(!lines.contains { $0.contains("!") })
  }

  @Test func `a thread of which nothing is shown has no column and is named`() {
    let lines = table([Sample.row(1, 0, "a"), Sample.row(2, 2, "b", matters: false)], threads: [0, 1, 2])
    #expect(words(lines[2]) == ["step", "thread", "0", "SPTE", "S-EPT"])
    #expect(lines.last { !$0.isEmpty } == "no step is shown of threads 1, 2")
  }

  @Test func `a step of a thread that is not on the list is shown all the same`() {
    let lines = table([Sample.row(1, 9, "a")], threads: [])
    #expect(words(lines[2]) == ["step", "thread", "9", "SPTE", "S-EPT"])
  }

  @Test(arguments: [(1, true), (3, true), (4, false), (6, false), (7, false), (1024, false)])
  func `long actions have a column a thread up to three threads`(threads: Int, isWide: Bool) {
    let rows = (0..<threads).map {
      Sample.row(
        UInt64($0) + 1, $0, "PAGE.AUG -> EPT_ENTRY_STATE_INCORRECT", "leaf pfn 0x3fe01 WAD", "pending pfn 0x3fe01")
    }
    let lines = table(rows, threads: Array(0..<threads))
    #expect(lines[2].contains("thread 0") == isWide)
    #expect(lines.filter { $0.count > 100 } == [])
  }

  @Test func `short actions have a column a thread with more threads`() {
    let rows = (0..<6).map { Sample.row(UInt64($0) + 1, $0, "read_lock") }
    #expect(table(rows, threads: Array(0..<6))[2].contains("thread 5"))
  }

  @Test func `titles that are wider than their columns are wrapped with them`() {
    var record = SampleExplorations.replayed
    record.replay?.interleaving?.spteTitle = String(repeating: "SPTE 0x201 ", count: 12)
    record.replay?.interleaving?.externalTitle = String(repeating: "S-EPT 0x201 ", count: 12)
    let lines = TextReport(record).render().split(separator: "\n")
    #expect(lines.filter { $0.count > 100 } == [])
  }

  @Test func `an interleaving without steps says so`() {
    #expect(table([]).first == "Interleaving: no step was recorded")
  }

  @Test func `numbers of a damaged record do not overflow`() {
    let rows = [
      Sample.row(.max, 0, "a", matters: false, repeats: .max), Sample.row(0, -1, "b", matters: false, repeats: .max),
      Sample.row(1, .min, "c"),
    ]
    #expect(table(rows, violationStep: .max).contains { $0.contains("!FRZ-2") })
  }
}
