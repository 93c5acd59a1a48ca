import Foundation
import Records
import Reports
import Testing

/// Texts of a width that was asked for: no line is longer, and what is a command still is one.
@Suite struct WidthTests {
  private static let runs = [
    SampleRecords.clean, SampleRecords.violation, SampleRecords.empty, SampleRecords.fault,
    SampleExplorations.clean, SampleExplorations.violation, SampleExplorations.crowd, SampleExplorations.unverified,
    SampleExplorations.bridged, SampleExplorations.fixed, SampleExplorations.minimized,
  ]
  private static let matrices = [
    SampleMatrices.asExpected, SampleMatrices.differing, SampleMatrices.fault, SampleMatrices.interrupted,
  ]

  private func overlong(_ text: String, _ columns: Int) -> [String] {
    text.split(separator: "\n").map(String.init).filter { $0.count > columns }
  }

  /// As a shell joins lines.
  private func joined(_ text: String) -> String { text.replacing("\\\n", with: "") }

  @Test(arguments: [40, 60, 72, 80, 132])
  func `no line of any report is longer than was asked for`(columns: Int) {
    for record in Self.runs {
      for full in [false, true] {
        #expect(overlong(TextWidth.exactly(columns) { TextReport(record).render(full: full) }, columns) == [])
        #expect(overlong(TextWidth.exactly(columns) { TextReport(record).renderQuietly(full: full) }, columns) == [])
      }
    }
    for record in Self.matrices {
      #expect(overlong(TextWidth.exactly(columns) { MatrixText(record).render() }, columns) == [])
    }
    for record in [SampleDiffs.differing, SampleDiffs.alike] {
      #expect(overlong(TextWidth.exactly(columns) { DiffText(record).render() }, columns) == [])
    }
  }

  @Test func `a mail has no line above 72 columns, and no markup`() {
    for record in Self.runs.map(Record.run) + Self.matrices.map(Record.matrix) {
      let text = ReportFormat.mail.render(record)
      #expect(overlong(text, 72) == [])
      #expect(text.utf8.allSatisfy { $0 < 0x80 } && !text.contains("<details>"))
      #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
    }
  }

  @Test func `the mail of a violation`() throws {
    try Golden.expect(ReportFormat.mail.render(.run(SampleExplorations.violation)), matches: "mail-violation.txt")
  }

  @Test func `a folded command is the command that it was`() throws {
    var record = SampleExplorations.violation
    let token = "m1:" + String(repeating: "abcdefghij", count: 40)
    record.violations[0].reproduction?.token = token
    for columns in [40, 72] {
      let text = joined(TextWidth.exactly(columns) { TextReport(record).render() })
      #expect(text.contains("\nstress replay \(token)\n"))
    }
  }

  @Test func `a terminal's width leaves commands whole, and never widens a report`() {
    let record = SampleExplorations.violation
    let own = TextReport(record).render()
    #expect(TextWidth.fitting(nil) { TextReport(record).render() } == own)
    #expect(TextWidth.fitting(500) { TextReport(record).render() } == own)
    let narrow = TextWidth.fitting(72) { TextReport(record).render() }
    let isKept = { (line: String) in line.hasPrefix("replay: ") || line.hasPrefix("FAIL ") }
    #expect(overlong(narrow, 72).allSatisfy(isKept))
    #expect(!overlong(own, 72).allSatisfy(isKept))
  }

  @Test func `names of functions are not cut where the table can be folded`() {
    let name = "[__kvm_tdp_mmu_age_gfn_range_and_more]"
    let rows = (0..<6).map { index in
      Interleaving.Row(
        step: UInt64(index + 1), thread: index % 3, action: "cmpxchg leaf \(name)", spte: "leaf pfn 0x20000000 WAD",
        external: "mapped pfn 0x20000000", changesSpte: true, changesExternal: true, isPreemption: false, matters: true)
    }
    var record = SampleExplorations.violation
    record.violations[0].reproduction?.interleaving = Interleaving(
      threads: [0, 1, 2], spteTitle: "SPTE 0x201 4K", externalTitle: "S-EPT 0x201 4K", rows: rows)
    for columns in [60, 72, 100] {
      let text = TextWidth.exactly(columns) { TextReport(record).render() }
      #expect(text.components(separatedBy: name).count == 7, "\(columns)")
    }
  }
}
