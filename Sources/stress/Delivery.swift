import Foundation

/// Brings a finished run to its reader: the record first, as it must survive whatever happens to the reports.
struct Delivery {
  private let record: any DeliveredRecord
  let files: OutputFiles
  /// What is printed.
  let text: String

  init(record: any DeliveredRecord, files: OutputFiles, output: any OutputGroup) {
    self.record = record
    self.files = files
    text = files.width.render(to: files.stream) {
      record.text(isQuiet: output.quiet, isFull: output.showsAllSteps)
    }
  }

  /// True if all went where it should. What did not is told on standard error in one line each.
  func perform() -> Bool {
    let isRecorded = writeRecord()
    let areReported = files.reports.map { file in record.reported.map { file.write($0) } ?? true }
    return printText() && isRecorded && !areReported.contains(false)
  }

  private func writeRecord() -> Bool {
    guard let file = files.record else { return true }
    do {
      try file.write(Array(record.json()))
      return true
    } catch {
      StandardStreams.error.tell("the record was not written: \(error)")
      return false
    }
  }

  private func printText() -> Bool {
    let failure = files.stream.write(text)
    // A reader that closed the pipe, such as head(1), has seen what it wanted.
    guard let failure, failure != EPIPE else { return true }
    StandardStreams.error.tell("the report was not written: \(String(cString: strerror(failure)))")
    return false
  }
}
