/// Soaks run inside the tests, and their records made comparable.
import Campaign
import Foundation
import Machine
import MirrorMMU
import Testing

/// Parent of all suites that run a soak: one at a time, as each keeps its seed in a file named after the process and
/// takes all cores.
@Suite(.serialized) enum SoakTests {}

enum Runs {
  /// The file that holds what identifies the run in progress, below the working directory.
  static var statePath: String { ".stress/runs/\(ProcessInfo.processInfo.processIdentifier).txt" }

  /// Runs a soak without the bridge and removes the file that one with a violation leaves behind.
  static func run(_ configuration: SoakConfiguration) -> RunRecord {
    defer { removeState() }
    var configuration = configuration
    configuration.bridges = false
    return Soak(configuration: configuration).run()
  }

  static func removeState() { try? FileManager.default.removeItem(atPath: statePath) }

  /// The whole record as JSON, without what depends on time.
  static func encoded(_ record: RunRecord) throws -> String {
    var record = record
    record.timing = RunRecord.Timing(
      elapsedSeconds: 0, operationsPerSecond: 0, liveThreads: 0, latencies: [], peakResidentBytes: 0)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }

  /// The words after the options of a printed command.
  static func option(_ name: String, in command: String) -> String? {
    let words = command.split(separator: " ").map(String.init)
    guard let index = words.firstIndex(of: name), index + 1 < words.count else { return nil }
    return words[index + 1]
  }
}

extension Mutant {
  /// Those that racing threads find in seconds: Expected/matrix.json lets them miss the others.
  static let foundByThreads = allCases.filter { $0 != .plainZap && $0 != .lostWrprot }
}
