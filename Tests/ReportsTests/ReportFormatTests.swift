import Foundation
import Records
import Reports
import Testing

/// What holds of every form of report.
@Suite struct ReportFormatTests {
  static let records: [Record] =
    ([SampleRecords.clean, SampleRecords.violation, SampleRecords.empty, SampleRecords.fault] + SampleExplorations.all)
    .map { .run($0) }
    + [SampleMatrices.asExpected, SampleMatrices.differing, SampleMatrices.interrupted, SampleMatrices.fault]
    .map { .matrix($0) } + SampleSearches.all.map(Record.exhaust) + SampleSeries.all.map(Record.series)

  /// With all that is markup somewhere, in every string of a record.
  static var hostile: RunRecord {
    let evil = "</script><img src=x onerror=alert(1)> ]]> `````` | # \u{7}\u{1b}[31m \u{2028} \u{ffff} &amp; \"'"
    var record = SampleExplorations.violation
    record.mutant = evil
    record.scope = evil
    record.harnessFaults = [evil]
    record.checkers[0].checker = evil
    record.coverageWarnings = [evil]
    record.violations[0].expected = evil
    record.violations[0].reproduction?.interleaving = SampleInterleavings.detailed
    record.violations[0].reproduction?.interleaving?.rows[0].action = evil
    record.violations[0].reproduction?.interleaving?.rows[2].changes?[0].gfn = evil
    record.violations[0].reproduction?.interleaving?.rows[1].marks?[0].name = evil
    return record
  }

  /// A tracefile of a run that counted no lines is empty.
  @Test(arguments: ReportFormat.allCases)
  func `equal records give equal bytes, and there is always something to read`(format: ReportFormat) {
    for record in Self.records {
      let text = format.render(record)
      #expect(text.hasSuffix("\n") || format == .lcov && text.isEmpty)
      #expect(text.count > 10 || format == .lcov)
      #expect(format.render(record) == text)
    }
  }

  @Test(arguments: ReportFormat.allCases)
  func `no control character of a record reaches a reader`(format: ReportFormat) {
    let controls = format.render(.run(Self.hostile)).unicodeScalars.filter {
      $0.properties.generalCategory == .control && $0 != "\n"
    }
    #expect(controls.isEmpty)
  }
}
