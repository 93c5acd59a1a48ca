import Records
import Reports
import Testing

/// KTAP as `kunit.py parse` reads it. That a kernel's own parser does is for the command's tests.
@Suite struct KTAPTests {
  private func lines(_ record: Record) -> [Substring] { ReportFormat.ktap.render(record).split(separator: "\n") }

  @Test func `a violation reads as its golden text`() throws {
    try Golden.expect(ReportFormat.ktap.render(.run(SampleExplorations.violation)), matches: "ktap-violation.txt")
  }

  @Test(arguments: ReportFormatTests.records + [.run(ReportFormatTests.hostile)])
  func `the plan counts the results, which are numbered, and the last line sums up`(record: Record) throws {
    let lines = lines(record)
    #expect(lines.prefix(3) == ["KTAP version 1", "1..1", "    KTAP version 1"])
    let results = lines.filter { $0.hasPrefix("    ok ") || $0.hasPrefix("    not ok ") }
    #expect(lines.contains("    1..\(results.count)"))
    for (index, line) in results.enumerated() {
      let words = line.split(separator: " ").drop { $0 == "not" || $0 == "ok" }
      #expect(words.first == "\(index + 1)")
    }
    let isFailed = results.contains { $0.hasPrefix("    not ok") }
    #expect(lines.last?.hasPrefix(isFailed ? "not ok 1 " : "ok 1 ") == true)
  }

  @Test(arguments: ReportFormatTests.records + [.run(ReportFormatTests.hostile)])
  func `every line is a result, a plan, a header or a diagnostic, and SKIP is the only directive`(record: Record) {
    for line in lines(record) {
      let text = line.drop { $0 == " " }
      #expect(["KTAP version 1", "1..", "ok ", "not ok ", "#"].contains { text.hasPrefix($0) })
      if text.hasPrefix("ok ") || text.hasPrefix("not ok ") {
        #expect(text.split(separator: "#").dropFirst().allSatisfy { $0.hasPrefix(" SKIP ") })
      }
    }
  }

  @Test func `what a failure is about stands before its result`() throws {
    let lines = lines(.run(SampleExplorations.violation))
    let index = try #require(lines.firstIndex { $0.hasPrefix("    not ok ") })
    #expect(lines[index - 1].hasPrefix("    #"))
  }
}
