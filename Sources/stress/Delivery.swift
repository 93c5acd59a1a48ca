import Campaign
import Foundation
import Reports

/// Brings a finished run to its reader: the record first, as it must survive whatever happens to the report.
struct Delivery {
  let record: RunRecord
  let file: RecordFile?
  let isQuiet: Bool
  /// All steps of an interleaving are shown.
  var isFull = false

  /// True if all went where it should. What did not is told on standard error in one line.
  func perform() -> Bool {
    let report = TextReport(record)
    return Self.deliver(
      file, json: { try Array(RecordJSON.encode(record)) },
      report: isQuiet ? report.renderQuietly(full: isFull) : report.render(full: isFull))
  }

  /// The same of any record: its JSON to the file, if there is one, and then its report.
  static func deliver(_ file: RecordFile?, json: () throws -> [UInt8], report: String) -> Bool {
    let isRecorded = writeRecord(file, json)
    return writeReport(report, beside: file) && isRecorded
  }

  private static func writeRecord(_ file: RecordFile?, _ json: () throws -> [UInt8]) -> Bool {
    guard let file else { return true }
    do {
      try file.write(json())
      return true
    } catch {
      StandardStreams.error.tell("the record was not written: \(error)")
      return false
    }
  }

  private static func writeReport(_ report: String, beside file: RecordFile?) -> Bool {
    let stream = file?.isStandardOutput == true ? StandardStreams.error : StandardStreams.output
    let failure = stream.write(report)
    // A reader that closed the pipe, such as head(1), has seen what it wanted.
    guard let failure, failure != EPIPE else { return true }
    StandardStreams.error.tell("the report was not written: \(String(cString: strerror(failure)))")
    return false
  }
}
