import Foundation
/// What the page's script is given: the record, and the words that a report adds to it.
import Records

enum HTMLPayload {
  struct Run: Encodable {
    let kind: String
    let record: RunRecord
    let coverage: [Coverage]
    let violations: [HTMLViolation]

    init(_ record: RunRecord) {
      var shown = RecordJSON.finite(record)
      // For merging only, and as large as all the rest of a page.
      shown.exploration?.sketch = nil
      self.record = shown
      kind = RunKind(record).name
      coverage = record.coverageRows.map(Coverage.init)
      violations = record.violations.map { HTMLViolation($0, of: record) }
    }
  }

  struct Coverage: Encodable {
    let name: String
    let count: UInt64
    let sentence: String
    let isPossible: Bool

    init(_ row: RunRecord.CoverageRow) {
      name = row.name
      count = row.count
      sentence = row.sentence
      isPossible = row.isPossible
    }
  }

  struct Matrix: Encodable {
    let kind = "matrix"
    let record: MatrixRecord

    init(_ record: MatrixRecord) { self.record = record }
  }

  struct Exhaust: Encodable {
    let kind = "exhaust"
    let record: ExhaustRecord

    init(_ record: ExhaustRecord) { self.record = record }
  }

  struct Series: Encodable {
    let kind = "series"
    let record: SeriesRecord
    /// By number of a commit: what it is called, and its verdict.
    let words: [String]
    let verdicts: [String]

    init(_ record: SeriesRecord) {
      self.record = record
      words = record.commits.map { record.place($0.number) }
      verdicts = record.commits.map { record.words($0) }
    }
  }

  /// JSON in which nothing can end the element that it stands in.
  static func text(_ payload: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // All that it cannot encode is a number that is not finite, and the record has none left.
    guard let data = try? encoder.encode(payload) else { return "null" }
    return HTMLText.escapedInScript(data)
  }
}
