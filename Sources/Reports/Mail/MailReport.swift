/// A record as plain text that fits a mail to a kernel list: the verdict, what was run, the findings with their
/// interleavings and the commands that show them again. Nothing is wider than 72 columns, and nothing is markup.
import Records

enum MailReport {
  static let columns = 72

  static func render(_ record: Record) -> String {
    TextWidth.exactly(columns) {
      let sections =
        switch record {
        case .run(let record): run(record)
        case .matrix(let record): matrix(record)
        case .exhaust(let record): exhaust(record)
        case .series(let record): SeriesMail(record: record).sections
        }
      return sections.filter { !$0.isEmpty }.map { $0.map(\.onOneLine).joined(separator: "\n") + "\n" }
        .joined(separator: "\n")
    }
  }

  private static func run(_ record: RunRecord) -> [[String]] {
    var sections = [
      [VerdictLine.render(record)], TextReport.header(record), UnseenText.lines(record.kernel, width: columns),
    ]
    let total = record.violations.count
    for (index, violation) in record.violations.enumerated() {
      sections += ViolationText(violation, of: record, number: index + 1, total: total, full: false).briefly
      if let page = CheckerPage.path(violation.checker) {
        sections.append(["What \(violation.checker) means, and where to look: \(page)"])
      }
    }
    if record.violations.isEmpty, let interleaving = record.replay?.interleaving {
      sections.append(InterleavingText(interleaving, title: "Interleaving", checker: "", full: false).lines)
    }
    sections.append(record.harnessFaults.map { "harness fault: \($0)" })
    sections.append(record.coverageWarnings.map { "\($0) stayed 0: this run did not meet that race" })
    sections.append(TextWrap.hanging("Scope: ", record.scope.onOneLine, width: columns))
    return sections
  }

  private static func exhaust(_ record: ExhaustRecord) -> [[String]] {
    let text = ExhaustText(record)
    return [
      TextWrap.hanging("", text.verdict, width: columns), text.header, UnseenText.lines(record.kernel, width: columns),
      text.violation, text.faults,
    ]
  }

  private static func matrix(_ record: MatrixRecord) -> [[String]] {
    let text = MatrixText(record)
    return [
      [text.verdict], TextReport.origin(record.kernel, record.build), UnseenText.lines(record.kernel, width: columns),
      MatrixDifferences.lines(record), text.failures,
    ]
  }
}
