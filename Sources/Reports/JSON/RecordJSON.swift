import Foundation
import Records

/// A run record as JSON: keys sorted, so that equal records give equal bytes.
package enum RecordJSON {
  /// The JSON text of a record, ending in a newline.
  ///
  /// A number that JSON cannot hold (not finite) is written as 0: losing the record over it would be worse.
  package static func encode(_ record: RunRecord) throws -> Data {
    try text(finite(record))
  }

  /// The same of a matrix, in one line: with its hundreds of interleavings it would be twice as long in many.
  package static func encode(_ record: MatrixRecord) throws -> Data { try text(record, [.sortedKeys]) }

  package static func encode(_ record: Record) throws -> Data {
    switch record {
    case .run(let record): try encode(record)
    case .matrix(let record): try encode(record)
    case .exhaust(let record): try encode(record)
    case .series(let record): try encode(record)
    }
  }

  /// The same of a comparison.
  package static func encode(_ record: DiffRecord) throws -> Data { try text(record) }
  package static func encode(_ record: ExhaustRecord) throws -> Data { try text(record) }
  package static func encode(_ record: SeriesRecord) throws -> Data { try text(record) }
  package static func encode(_ record: MutationRecord) throws -> Data { try text(record) }

  private static func text(
    _ record: some Encodable, _ formatting: JSONEncoder.OutputFormatting = [.sortedKeys, .prettyPrinted]
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union(.withoutEscapingSlashes)
    return try encoder.encode(record) + Data("\n".utf8)
  }

  /// Reads the record of a run back. The error says in one line what is wrong with the file.
  package static func decode(_ data: Data) throws(RecordJSONError) -> RunRecord {
    guard case .run(let record) = try decodeAny(data) else {
      throw RecordJSONError("it is the record of a matrix, not of a run")
    }
    return record
  }

  /// Reads a record of any kind.
  package static func decodeAny(_ data: Data) throws(RecordJSONError) -> Record {
    let head = try decode(Head.self, from: data)
    let isMatrix: Bool
    switch Engine(rawValue: head.engine) {
    case .soak, .explore, .replay, .trace, .minimize: isMatrix = false
    case .matrix: isMatrix = true
    case .diff: throw RecordJSONError("it is the record of a comparison, of which there are no other reports")
    case .mutate: throw RecordJSONError("it is the record of mutants, of which there are no other reports")
    case .exhaust:
      try check(head, ExhaustRecord.currentSchemaVersion)
      return .exhaust(try decode(ExhaustRecord.self, from: data))
    case .series:
      try check(head, SeriesRecord.currentSchemaVersion)
      return .series(try decode(SeriesRecord.self, from: data))
    case nil: throw RecordJSONError("its engine '\(head.engine)' is none of this version of stress")
    }
    try check(head, isMatrix ? MatrixRecord.currentSchemaVersion : RunRecord.currentSchemaVersion)
    return isMatrix
      ? .matrix(try decode(MatrixRecord.self, from: data)) : .run(try decode(RunRecord.self, from: data))
  }

  private static func check(_ head: Head, _ version: Int) throws(RecordJSONError) {
    guard head.schemaVersion == version else {
      throw RecordJSONError(
        "the record has schemaVersion \(head.schemaVersion), this version of stress reads \(version)")
    }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data
  ) throws(RecordJSONError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw RecordJSONError(error)
    }
  }

  /// Read first and alone: a record of another version may differ in everything else.
  private struct Head: Decodable {
    var schemaVersion: Int
    var engine: String
  }

  /// A record without numbers that JSON cannot hold.
  static func finite(_ record: RunRecord) -> RunRecord {
    var record = record
    for index in record.outcomes.indices where !record.outcomes[index].share.isFinite {
      record.outcomes[index].share = 0
    }
    if !record.busyPercent.isFinite { record.busyPercent = 0 }
    if record.exploration?.newShare.isFinite == false { record.exploration?.newShare = 0 }
    if !record.timing.elapsedSeconds.isFinite { record.timing.elapsedSeconds = 0 }
    if !record.timing.operationsPerSecond.isFinite { record.timing.operationsPerSecond = 0 }
    return record
  }
}
