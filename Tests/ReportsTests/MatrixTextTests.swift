import Foundation
import Records
import Reports
import Testing

/// What a person reads of a matrix.
@Suite struct MatrixTextTests {
  @Test(arguments: [
    ("matrix-as-expected.txt", SampleMatrices.asExpected), ("matrix-differs.txt", SampleMatrices.differing),
    ("matrix-interrupted.txt", SampleMatrices.interrupted), ("matrix-fault.txt", SampleMatrices.fault),
  ])
  func `a record reads as its golden text`(name: String, record: MatrixRecord) throws {
    try Golden.expect(MatrixText(record).render(), matches: name)
  }

  @Test func `an interruption while mutants race is told as that, and counts are grouped`() {
    var record = SampleMatrices.asExpected
    record.interrupted = true
    let cell = record.cells[0]
    record.cells += Array(repeating: cell, count: 1_280 - record.cells.count - record.mutantCells.count)
    record.timing.threadRuns[0].outcome = MatrixRecord.Cell.unfinished
    #expect(
      MatrixText(record).renderQuietly().split(separator: "\n").last
        == "INTERRUPTED after 1,280 of 1,280 cells, 1 mutant not raced to the end; no difference so far")
  }

  @Test func `a quiet text has the differences and the verdict alone`() {
    let lines = MatrixText(SampleMatrices.differing).renderQuietly().split(separator: "\n")
    #expect(lines.count == 1 + SampleMatrices.differing.differences.count + 1)
    #expect(lines.last == "DIFFERS 3 differences from what is expected of 6 cells")
    #expect(MatrixText(SampleMatrices.asExpected).renderQuietly().split(separator: "\n").count == 1)
  }

  @Test func `no line is wider than the width, but those with a token`() {
    for record in [SampleMatrices.asExpected, SampleMatrices.interrupted] {
      let lines = MatrixText(record).render().split(separator: "\n").filter { !$0.contains("m1:") }
      #expect(lines.allSatisfy { $0.count <= MatrixText.width })
      #expect(lines.count >= 10)
    }
  }

  @Test func `a record is read back from its JSON as it was`() throws {
    let record = SampleMatrices.asExpected
    let json = try RecordJSON.encode(record)
    #expect(try JSONDecoder().decode(MatrixRecord.self, from: json) == record)
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.hasSuffix("}\n") && text.contains("\"minimized\":null"))
  }
}
