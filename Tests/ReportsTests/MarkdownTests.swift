import Records
import Reports
import Testing

@Suite struct MarkdownTests {
  @Test(arguments: [
    (SampleExplorations.violation, "markdown-violation.md"), (SampleRecords.clean, "markdown-clean.md"),
  ])
  func `a run reads as its golden text`(record: RunRecord, golden: String) throws {
    try Golden.expect(ReportFormat.markdown.render(.run(record)), matches: golden)
  }

  @Test func `a matrix reads as its golden text`() throws {
    try Golden.expect(ReportFormat.markdown.render(.matrix(SampleMatrices.differing)), matches: "markdown-matrix.md")
  }

  @Test func `what was interrupted has no mark of success`() {
    var record = SampleExplorations.clean
    record.interrupted = true
    #expect(ReportFormat.markdown.render(.run(record)).hasPrefix("## ⏸️ INTERRUPTED after "))
    #expect(
      ReportFormat.markdown.render(.matrix(SampleMatrices.interrupted)).hasPrefix("## ⏸️ INTERRUPTED after "))
  }

  @Test func `a line of the head is one item, however long it is`() {
    var record = SampleExplorations.clean
    record.kernel = SampleDiffs.changedKernel
    let compiler = String(repeating: "clang of a long name, ", count: 9) + "1.0"
    record.kernel?.compiler = compiler
    #expect(ReportFormat.markdown.render(.run(record)).contains("\n- compiled by \(compiler)\n"))
  }

  @Test func `nothing in a record closes a fence or opens a tag`() {
    let lines = ReportFormat.markdown.render(.run(ReportFormatTests.hostile)).split(separator: "\n")
    var fence: Substring?
    var outside: [Substring] = []
    for line in lines {
      if let open = fence {
        if line == open { fence = nil }
      } else if line.hasPrefix("```") {
        fence = line.prefix { $0 == "`" }
      } else {
        outside.append(line)
      }
    }
    #expect(fence == nil)
    let tags = outside.filter { $0.contains("<") }
    #expect(tags.allSatisfy { $0.hasPrefix("<details><summary>") || $0 == "</details>" })
  }
}
