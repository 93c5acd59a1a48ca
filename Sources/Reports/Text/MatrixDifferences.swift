import Records

/// What a matrix shows that is not expected: a line for each difference, with what shows it again.
enum MatrixDifferences {
  static func lines(_ record: MatrixRecord) -> [String] {
    let faults = record.harnessFaults.map { "harness fault: \($0.onOneLine)" }
    guard !record.differences.isEmpty else { return faults }
    return ["Differences"] + record.differences.map { line($0).onOneLine } + faults
  }

  private static func line(_ difference: MatrixRecord.Difference) -> String {
    let expected = difference.expected.joined(separator: " or ")
    let token = difference.token.isEmpty ? "" : "; \(difference.token)"
    return "  \(difference.cell): expected \(expected), seen \(difference.seen); \(difference.command)\(token)"
  }
}
