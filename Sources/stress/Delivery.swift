import Campaign
import Foundation
import Reports

/// Brings a finished run to its reader: the record first, as it must survive whatever happens to the reports.
struct Delivery {
  /// nil for a comparison, of which there are no reports besides what is printed.
  private let record: Record?
  private let encode: () throws -> Data
  let files: OutputFiles
  /// What is printed.
  let text: String

  /// - Parameter isFull: all steps of an interleaving are shown.
  init(record: RunRecord, files: OutputFiles, isQuiet: Bool, isFull: Bool = false) {
    self.record = .run(record)
    encode = { try RecordJSON.encode(record) }
    self.files = files
    text = files.width.render(to: files.stream) {
      let report = TextReport(record)
      return isQuiet ? report.renderQuietly(full: isFull) : report.render(full: isFull)
    }
  }

  init(record: MatrixRecord, files: OutputFiles, isQuiet: Bool) {
    self.record = .matrix(record)
    encode = { try RecordJSON.encode(record) }
    self.files = files
    text = files.width.render(to: files.stream) {
      isQuiet ? MatrixText(record).renderQuietly() : MatrixText(record).render()
    }
  }

  init(record: DiffRecord, files: OutputFiles, isQuiet: Bool) {
    self.record = nil
    encode = { try RecordJSON.encode(record) }
    self.files = files
    text = files.width.render(to: files.stream) {
      isQuiet ? DiffText(record).renderQuietly() : DiffText(record).render()
    }
  }

  init(record: ExhaustRecord, files: OutputFiles, isQuiet: Bool) {
    self.record = .exhaust(record)
    encode = { try RecordJSON.encode(record) }
    self.files = files
    text = files.width.render(to: files.stream) {
      isQuiet ? ExhaustText(record).renderQuietly() : ExhaustText(record).render()
    }
  }

  /// True if all went where it should. What did not is told on standard error in one line each.
  func perform() -> Bool {
    let isRecorded = writeRecord()
    let areReported = files.reports.map { file in record.map { file.write($0) } ?? true }
    return printText() && isRecorded && !areReported.contains(false)
  }

  private func writeRecord() -> Bool {
    guard let file = files.record else { return true }
    do {
      try file.write(Array(encode()))
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
