import Foundation
import Records
import Reports
import Testing

/// What a person reads of a comparison.
@Suite struct DiffTextTests {
  @Test(arguments: [
    ("diff-alike.txt", SampleDiffs.alike), ("diff-differs.txt", SampleDiffs.differing),
    ("diff-interrupted.txt", SampleDiffs.interrupted), ("diff-fault.txt", SampleDiffs.fault),
  ])
  func `a record reads as its golden text`(name: String, record: DiffRecord) throws {
    try Golden.expect(DiffText(record).render(), matches: name)
  }

  @Test func `a quiet text has the difference and the verdict alone`() {
    let lines = DiffText(SampleDiffs.differing).renderQuietly().split(separator: "\n")
    #expect(lines.first == "Difference")
    #expect(lines.last == "DIFFERS 7 episodes of 1,000, the first is 4, seed 0x0000000000000001")
    #expect(DiffText(SampleDiffs.alike).renderQuietly().split(separator: "\n").count == 1)
  }

  @Test func `one line is marked as the first that differs`() {
    let marked = DiffText(SampleDiffs.differing).render().split(separator: "\n").filter { $0.hasPrefix(">") }
    #expect(marked.count == 1 && marked[0].contains("TDH.MEM.TRACK"))
  }

  @Test func `no line is wider than the width, but for the command`() {
    for record in [SampleDiffs.alike, SampleDiffs.differing] {
      let lines = DiffText(record).render().split(separator: "\n").filter { !$0.hasPrefix("again:") }
      #expect(lines.allSatisfy { $0.count <= DiffText.width })
    }
  }

  @Test func `a record is read back from its JSON as it was`() throws {
    for record in [SampleDiffs.differing, SampleDiffs.alike] {
      let json = try RecordJSON.encode(record)
      #expect(try JSONDecoder().decode(DiffRecord.self, from: json) == record)
    }
    #expect(throws: RecordJSONError.self) { try RecordJSON.decodeAny(RecordJSON.encode(SampleDiffs.alike)) }
    let text = String(decoding: try RecordJSON.encode(SampleDiffs.alike), as: UTF8.self)
    #expect(text.contains("\"difference\" : null"))
  }
}
