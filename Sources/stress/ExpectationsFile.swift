import ArgumentParser
import Campaign
import Expected
import Foundation

/// The expectations that a matrix is compared with: a file's, or those that were built in.
struct ExpectationsFile {
  private static let largest = 1 << 20

  let content: MatrixExpectations
  private let target: OutputFile?

  /// - Parameters:
  ///   - path: nil for what was built in.
  ///   - updates: the file is to be written afterwards; it need not be there yet.
  init(_ path: String?, updates: Bool) throws {
    guard let path else {
      content = try Self.parse(Expected.matrix, "the built-in Expected/matrix.json")
      target = nil
      return
    }
    if updates && access(path, F_OK) != 0 && errno == ENOENT {
      content = MatrixExpectations()
    } else {
      do {
        content = try Self.parse(AtomicFile.read(path, limit: Self.largest), "'\(path)'")
      } catch let failure as AtomicFile.Failure {
        throw ValidationError("cannot read --expected '\(path)': \(failure.reason)")
      }
    }
    target = updates ? try OutputFile(path: path, option: "--expected", allowsStandardOutput: false) : nil
  }

  private static func parse(_ bytes: [UInt8], _ name: String) throws -> MatrixExpectations {
    do {
      return try MatrixExpectations(parsing: bytes)
    } catch {
      throw ValidationError("the expectations in \(name): \(error.message)")
    }
  }

  /// Writes what was seen. A failure is told on standard error in one line.
  func update(from record: MatrixRecord) -> Bool {
    guard let target, record.verdict != .harnessFault else { return false }
    do {
      try target.write(Array(content.updated(from: record).text().utf8))
      return true
    } catch {
      StandardStreams.error.tell("the expectations were not written: \(error)")
      return false
    }
  }
}
