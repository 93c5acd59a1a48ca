import Records
import Reports
import Testing

/// What a person reads at the end of a run.
@Suite struct TextReportTests {
  @Test func `a clean run reads as its golden text`() throws {
    try Golden.expect(TextReport(SampleRecords.clean).render(), matches: "report-clean.txt")
  }

  @Test func `a violation reads as its golden text`() throws {
    try Golden.expect(TextReport(SampleRecords.violation).render(), matches: "report-violation.txt")
  }

  @Test func `an empty run reads as its golden text`() throws {
    try Golden.expect(TextReport(SampleRecords.empty).render(), matches: "report-empty.txt")
  }

  @Test func `a harness fault reads as its golden text`() throws {
    try Golden.expect(TextReport(SampleRecords.fault).render(), matches: "report-fault.txt")
  }

  @Test func `a quiet report has the violations and the verdict line only`() throws {
    try Golden.expect(TextReport(SampleRecords.violation).renderQuietly(), matches: "report-violation-quiet.txt")
    let clean = TextReport(SampleRecords.clean).renderQuietly()
    #expect(clean == VerdictLine.render(SampleRecords.clean) + "\n")
  }

  @Test(arguments: [SampleRecords.clean, SampleRecords.violation, SampleRecords.empty, SampleRecords.fault])
  func `no line is wider than 100 columns but the command`(record: RunRecord) {
    let lines = TextReport(record).render().split(separator: "\n")
    #expect(lines.filter { $0.count > 100 && !$0.hasPrefix("run again: ") } == [])
  }

  @Test(arguments: [SampleRecords.clean, SampleRecords.violation, SampleRecords.empty, SampleRecords.fault])
  func `the verdict stands on the last line`(record: RunRecord) {
    let last = TextReport(record).render().split(separator: "\n").last.map(String.init)
    #expect(last == VerdictLine.render(record))
  }

  @Test func `an interrupted clean run says INTERRUPTED, an interrupted violation says FAIL`() {
    var record = SampleRecords.clean
    record.interrupted = true
    #expect(VerdictLine.render(record).hasPrefix("INTERRUPTED "))
    record.verdict = .violation
    record.violations = SampleRecords.violation.violations
    #expect(VerdictLine.render(record).hasPrefix("FAIL ORD-1 and 1 more in round 17"))
  }

  @Test func `a mutant that no checker caught is named in the verdict`() {
    var record = SampleRecords.clean
    record.mutant = "lost-zap"
    #expect(VerdictLine.render(record).contains("mutant lost-zap not caught"))
  }

  @Test func `with one thread a race that needs two is not applicable`() {
    var record = SampleRecords.clean
    record.threads = 1
    let lines = TextReport(record).render().split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("metFrozen") && $0.contains("n/a (one thread)") })
    #expect(lines.contains { $0.hasPrefix("busyRestored") && !$0.contains("n/a") })
  }

  @Test func `control characters of a record do not reach the terminal`() {
    var record = SampleRecords.violation
    record.violations[0].seen = "\u{1B}[2J\tgone\nFAKE"
    let text = TextReport(record).render()
    #expect(!text.contains("\u{1B}"))
    #expect(!text.contains("\nFAKE"))
  }
}
