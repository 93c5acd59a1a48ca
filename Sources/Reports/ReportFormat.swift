/// The forms in which a record can be shown. Each is a function of the record alone: nothing is run to show it.

package enum ReportFormat: String, CaseIterable, Sendable {
  case text, mail, html, markdown, junit, ktap, perfetto, lcov

  /// For `--help`.
  package var summary: String {
    switch self {
    case .text: "as text, as it was printed, with every step of an interleaving"
    case .mail: "as plain text of at most 72 columns, for a mail: findings, interleavings, commands"
    case .html: "as a page for a browser, in which an interleaving can be stepped through"
    case .markdown: "as Markdown, for a job's summary page"
    case .junit: "as JUnit XML, for CI systems"
    case .ktap: "as KTAP, which kunit.py of a kernel tree parses"
    case .perfetto: "as a trace of the failing execution, which ui.perfetto.dev opens"
    case .lcov: "as a tracefile of the lines and branches that --coverage has counted, for genhtml and editors"
    }
  }

  package func render(_ record: Record) -> String {
    switch (self, record) {
    case (.text, .run(let record)): TextReport(record).render(full: true)
    case (.text, .matrix(let record)): MatrixText(record).render()
    case (.text, .exhaust(let record)): ExhaustText(record).render()
    case (.text, .series(let record)): SeriesText(record).render()
    case (.mail, _): MailReport.render(record)
    case (.html, _): HTMLReport.render(record)
    case (.markdown, _): MarkdownReport.render(record)
    case (.junit, _): JUnitReport.render(record)
    case (.ktap, _): KTAPReport.render(record)
    case (.perfetto, _): PerfettoTrace.render(record)
    case (.lcov, _): LcovReport.render(record)
    }
  }
}
