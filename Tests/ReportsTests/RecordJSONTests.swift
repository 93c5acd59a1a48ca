import Foundation
import Records
import Reports
import Testing

/// The record file: what is written can be read back, and a file that cannot be trusted is refused.
@Suite struct RecordJSONTests {
  @Test(
    arguments: [SampleRecords.clean, SampleRecords.violation, SampleRecords.empty, SampleRecords.fault]
      + SampleExplorations.all)
  func `a record survives writing and reading`(record: RunRecord) throws {
    #expect(try RecordJSON.decode(RecordJSON.encode(record)) == record)
  }

  @Test func `equal records give equal bytes`() throws {
    let first = try RecordJSON.encode(SampleRecords.violation)
    for _ in 0..<20 { #expect(try RecordJSON.encode(SampleRecords.violation) == first) }
  }

  @Test func `a record reads as its golden text`() throws {
    let text = String(decoding: try RecordJSON.encode(SampleRecords.violation), as: UTF8.self)
    try Golden.expect(text, matches: "record-violation.json")
  }

  @Test(arguments: [
    (SampleRecords.clean, ["exploration", "mutant", "replay"]), (SampleRecords.violation, ["reproduction"]),
    (SampleExplorations.clean, ["shard"]),
    (SampleExplorations.unverified, ["bridgedSchedules", "minimized"]),
    (SampleExplorations.fixed, ["violationStep"]),
  ])
  func `what a record has nothing to say about is null, not missing`(record: RunRecord, keys: [String]) throws {
    let text = String(decoding: try RecordJSON.encode(record), as: UTF8.self)
    for key in keys { #expect(text.contains("\"\(key)\" : null"), "\(key)") }
  }

  @Test func `a record from before there were schedules is read as one of a soak`() throws {
    #expect(try RecordJSON.decode(Golden.data("record-without-schedules.json")) == SampleRecords.violation)
  }

  @Test func `an exploration reads as its golden text`() throws {
    let text = String(decoding: try RecordJSON.encode(SampleExplorations.violation), as: UTF8.self)
    try Golden.expect(text, matches: "record-exploration.json")
  }

  @Test func `damage within a schedule is told with its path`() throws {
    let text = String(decoding: try RecordJSON.encode(SampleExplorations.violation), as: UTF8.self)
    let damaged = text.replacingOccurrences(of: "\"preemptions\" : 31", with: "\"preemptions\" : []")
    let error = #expect(throws: RecordJSONError.self) { try RecordJSON.decode(Data(damaged.utf8)) }
    #expect(
      error?.message
        == "the record is damaged: violations[0].reproduction.found.preemptions has another type than in the schema")
  }

  @Test func `64-bit numbers keep all their bits`() throws {
    var record = SampleRecords.clean
    record.operations = .max
    #expect(try RecordJSON.decode(RecordJSON.encode(record)).operations == .max)
  }

  @Test func `numbers that JSON cannot hold are written as 0`() throws {
    var record = SampleRecords.clean
    record.outcomes[0].share = .nan
    record.busyPercent = .infinity
    record.exploration = SampleExplorations.clean.exploration
    record.exploration?.newShare = .nan
    record.timing.elapsedSeconds = -.infinity
    record.timing.operationsPerSecond = .nan
    let read = try RecordJSON.decode(RecordJSON.encode(record))
    #expect(read.outcomes[0].share == 0)
    #expect(read.busyPercent == 0)
    #expect(read.exploration?.newShare == 0)
    #expect(read.timing.elapsedSeconds == 0)
    #expect(read.timing.operationsPerSecond == 0)
  }

  @Test func `a record of another version is refused, naming both versions`() throws {
    var record = SampleRecords.clean
    record.schemaVersion = 7
    let data = try RecordJSON.encode(record)
    let error = #expect(throws: RecordJSONError.self) { try RecordJSON.decode(data) }
    #expect(error?.message == "the record has schemaVersion 7, this version of stress reads 1")
  }

  @Test(arguments: [
    ("", "it is not valid JSON"), ("{", "it is not valid JSON"), ("[]", "it is not a JSON object"),
    ("{}", "schemaVersion is missing"), ("{\"schemaVersion\":\"1\"}", "schemaVersion has another type"),
    ("{\"schemaVersion\":1}", "is missing"),
  ])
  func `a damaged file is refused with what is wrong with it`(text: String, reason: String) {
    let error = #expect(throws: RecordJSONError.self) { try RecordJSON.decode(Data(text.utf8)) }
    #expect(error?.message.hasPrefix("the record is damaged: ") == true)
    #expect(error?.message.contains(reason) == true)
  }

  @Test func `a file that was cut off is refused wherever it was cut`() throws {
    let data = try RecordJSON.encode(SampleRecords.clean)
    for length in stride(from: 0, to: data.count - 2, by: 97) {
      #expect(throws: RecordJSONError.self) { try RecordJSON.decode(data.prefix(length)) }
    }
  }

  @Test func `damage inside a row is told with its path`() throws {
    let text = String(decoding: try RecordJSON.encode(SampleRecords.violation), as: UTF8.self)
    let damaged = text.replacingOccurrences(of: "\"level\" : 2", with: "\"level\" : \"two\"")
    let error = #expect(throws: RecordJSONError.self) { try RecordJSON.decode(Data(damaged.utf8)) }
    #expect(error?.message == "the record is damaged: violations[1].level has another type than in the schema")
  }
}
