import Foundation
import Records
import Reports
import Testing

/// The page of a record, as far as it can be told without a browser; scripts/html-check opens pages in one.
@Suite struct HTMLReportTests {
  private static let runs =
    [SampleRecords.clean, SampleRecords.violation, SampleRecords.empty, SampleRecords.fault] + SampleExplorations.all
  private static let matrices = [
    SampleMatrices.asExpected, SampleMatrices.differing, SampleMatrices.fault, SampleMatrices.interrupted,
  ]
  private static let records =
    runs.map(Record.run) + matrices.map(Record.matrix) + SampleSearches.all.map(Record.exhaust)
    + SampleSeries.all.map(Record.series)

  @Test(arguments: records)
  func `the page holds the whole record`(record: Record) throws {
    let page = HTMLPageParts(ReportFormat.html.render(record))
    let data = Data(try #require(page.data).utf8)
    switch record {
    case .run(let run):
      #expect(try JSONDecoder().decode(Payload<RunRecord>.self, from: data).record == run)
    case .matrix(let matrix):
      #expect(try JSONDecoder().decode(Payload<MatrixRecord>.self, from: data).record == matrix)
    case .exhaust(let search):
      #expect(try JSONDecoder().decode(Payload<ExhaustRecord>.self, from: data).record == search)
    case .series(let series):
      #expect(try JSONDecoder().decode(Payload<SeriesRecord>.self, from: data).record == series)
    }
  }

  @Test func `each function that shows a kind of page is in the page`() {
    let page = ReportFormat.html.render(.series(SampleSeries.clean))
    let names = page.matches(of: /\b([a-z]+Page)\b/).map { String($0.1) }
    #expect(Set(names).isSuperset(of: ["runPage", "matrixPage", "exhaustPage", "seriesPage"]))
    for name in Set(names) { #expect(page.contains("function \(name)("), "\(name)") }
  }

  @Test(arguments: records)
  func `equal records give equal pages, each with one verdict`(record: Record) {
    let page = ReportFormat.html.render(record)
    #expect(page == ReportFormat.html.render(record))
    #expect(page.components(separatedBy: "<h1 ").count == 2)
  }

  @Test(arguments: records)
  func `a page needs nothing else`(record: Record) {
    let page = ReportFormat.html.render(record)
    // The name of a namespace, which nothing fetches.
    let own = page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    for trace in ["http:", "https:", "//cdn", "@import", "url(", " src=", "<link rel=\"stylesheet"] {
      #expect(!own.contains(trace), "\(trace)")
    }
    #expect(page.contains("default-src 'none'"))
    #expect(page.utf8.count < 2_000_000)
  }

  @Test func `the policy allows the page's script and style, and no other`() throws {
    let page = HTMLPageParts(ReportFormat.html.render(.run(SampleExplorations.violation)))
    func hash(_ text: String) -> String { "sha256-" + Data(SHA256.hash(Array(text.utf8))).base64EncodedString() }
    #expect(page.text.contains("style-src '\(hash(try #require(page.style)))'"))
    #expect(page.text.contains("script-src '\(hash(try #require(page.script)))'"))
    #expect(!page.text.contains("unsafe-inline"))
  }

  @Test func `the page's frame reads as its golden text`() throws {
    let page = HTMLPageParts(ReportFormat.html.render(.run(SampleExplorations.violation)))
    try Golden.expect(page.frame, matches: "explore-violation.html")
  }

  @Test func `without scripts the page shows the text`() {
    let page = ReportFormat.html.render(.run(SampleExplorations.violation))
    #expect(page.contains("<details id=\"text\" open>"))
    #expect(page.contains("\nInterleaving of the minimised schedule\n"))
    #expect(page.contains("\nFAIL FRZ-2 at schedule 17"))
  }

  @Test func `a violation leads to the page of its rule, and what is no rule to none`() throws {
    var record = SampleExplorations.violation
    let data = try #require(HTMLPageParts(ReportFormat.html.render(.run(record))).data)
    #expect(data.replacingOccurrences(of: "\\/", with: "/").contains("\"page\":\"docs/checkers/FRZ-2.md\""))
    for checker in ["../../x", "FRZ-2/../..", "", "frz-2"] {
      record.violations[0].checker = checker
      let data = try #require(HTMLPageParts(ReportFormat.html.render(.run(record))).data)
      #expect(!data.contains("docs"), "\(checker)")
      #expect(!ReportFormat.markdown.render(.run(record)).contains("docs"), "\(checker)")
    }
  }

  @Test func `what only a merge needs is left out`() {
    var record = SampleExplorations.clean
    record.exploration?.sketch = "SKETCH"
    #expect(!ReportFormat.html.render(.run(record)).contains("SKETCH"))
  }

  // MARK: Hostile text

  private static let hostile = #"</script></style><img src=x onerror=alert(1)>&amp;"'<!--\#u{2028}\#u{2029}\#u{0}"#

  @Test func `text in a record stays text`() throws {
    var record = SampleExplorations.violation
    record.scope = Self.hostile
    record.mutant = Self.hostile
    record.violations[0].checker = Self.hostile
    record.violations[0].reproduction?.token = Self.hostile
    record.violations[0].reproduction?.interleaving?.rows[3].action = Self.hostile
    record.coverage[Self.hostile] = 1
    let text = ReportFormat.html.render(.run(record))
    let page = HTMLPageParts(text)
    #expect(!text.contains("<img"))
    #expect(text.components(separatedBy: "</script").count == 3)
    #expect(text.components(separatedBy: "<script").count == 3)
    #expect(text.components(separatedBy: "</style").count == 2)
    #expect(text.contains("&lt;/script&gt;"))
    let data = try #require(page.data)
    #expect(!data.contains("<") && !data.contains("&") && !data.contains("\u{2028}") && !data.contains("\u{2029}"))
    #expect(try JSONDecoder().decode(Payload<RunRecord>.self, from: Data(data.utf8)).record == record)
  }

  @Test func `a matrix's text stays text`() throws {
    var record = SampleMatrices.asExpected
    record.cells[1].protocol = Self.hostile
    record.cells[1].failure?.command = Self.hostile
    record.cells[1].reason = Self.hostile
    let text = ReportFormat.html.render(.matrix(record))
    #expect(!text.contains("<img"))
    #expect(text.components(separatedBy: "</script").count == 3)
  }

  @Test func `numbers that JSON cannot hold become zero`() throws {
    var record = SampleRecords.clean
    record.busyPercent = .nan
    record.timing.elapsedSeconds = .infinity
    let data = try #require(HTMLPageParts(ReportFormat.html.render(.run(record))).data)
    #expect(try JSONDecoder().decode(Payload<RunRecord>.self, from: Data(data.utf8)).record.busyPercent == 0)
  }

  @Test func `of a very long text the page has the beginning`() {
    var record = SampleExplorations.violation
    let row = SampleInterleavings.row(1, 0, "read NONPRESENT")
    record.violations[0].reproduction?.interleaving?.rows = Array(repeating: row, count: 20_000)
    record.violations[0].reproduction?.interleaving?.violationStep = nil
    let text = ReportFormat.html.render(.run(record))
    #expect(text.contains("stress report RECORD --text FILE writes all of it."))
    let fallback = text.components(separatedBy: "<pre>")[1].components(separatedBy: "</pre>")[0]
    #expect(fallback.utf8.count < 300_000)
  }
}

private struct Payload<Value: Decodable>: Decodable {
  var record: Value
}

/// A page taken apart at the marks of its template.
struct HTMLPageParts {
  let text: String

  init(_ text: String) { self.text = text }

  var style: String? { between("<style>", "</style>") }
  var script: String? { between("<script>", "</script>") }
  var data: String? { between("<script type=\"application/json\" id=\"data\">", "</script>") }

  /// The page without style, script and data, and with the hashes left out, which change with them.
  var frame: String {
    var frame = text
    for part in [style, data, script].compactMap({ $0 }) { frame = frame.replacingOccurrences(of: part, with: "…") }
    return frame.replacing(#/'sha256-[^']*'/#, with: "'sha256-…'")
  }

  private func between(_ begin: String, _ end: String) -> String? {
    guard let first = text.range(of: begin),
      let last = text.range(of: end, range: first.upperBound..<text.endIndex)
    else { return nil }
    return String(text[first.upperBound..<last.lowerBound])
  }
}
