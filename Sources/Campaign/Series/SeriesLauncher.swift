/// Runs a command of the tool in a process of its own: kernel code may do anything to the one that it runs in.
import Foundation

package protocol SeriesLauncher: Sendable {
  /// Runs it to its end.
  /// - Parameters:
  ///   - arguments: behind the tool's name.
  ///   - compiler: for kernel code, by name or path.
  ///   - folder: its working directory.
  /// - Returns: its exit code and what it printed; nil if it cannot be started.
  func run(_ arguments: [String], compiler: String, in folder: URL) -> SeriesLaunch?
  /// Asks what runs to end; safe from any thread.
  func interrupt()
}

package struct SeriesLaunch: Sendable {
  package var status: Int32
  package var output: String
  package var errors: String

  package init(status: Int32, output: String, errors: String) {
    self.status = status
    self.output = output
    self.errors = errors
  }

  /// What it said last of an error.
  var complaint: String {
    let prefix = "stress: error: "
    let line = errors.split(separator: "\n").last { $0.hasPrefix(prefix) }
    return line.map { String($0.dropFirst(prefix.count)) } ?? "it ended with \(status)"
  }
}
