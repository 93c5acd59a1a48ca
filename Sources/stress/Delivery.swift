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
    let isRecorded = writeRecord()
    return writeReport() && isRecorded
  }

  private func writeRecord() -> Bool {
    guard let file else { return true }
    do {
      try file.write(Array(RecordJSON.encode(record)))
      return true
    } catch {
      StandardStreams.error.tell("the record was not written: \(error)")
      return false
    }
  }

  private func writeReport() -> Bool {
    let report = TextReport(record)
    let stream = file?.isStandardOutput == true ? StandardStreams.error : StandardStreams.output
    let failure = stream.write(isQuiet ? report.renderQuietly(full: isFull) : report.render(full: isFull))
    // A reader that closed the pipe, such as head(1), has seen what it wanted.
    guard let failure, failure != EPIPE else { return true }
    StandardStreams.error.tell("the report was not written: \(String(cString: strerror(failure)))")
    return false
  }
}
