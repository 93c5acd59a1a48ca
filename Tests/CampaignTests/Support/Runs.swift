/// Soaks run inside the tests, and their records made comparable.
import Campaign
import Foundation
import Machine
import MirrorMMU
import Testing

/// Parent of all suites that race threads: one at a time, as each takes all cores.
@Suite(.serialized) enum SoakTests {}

enum Runs {
  /// The file that holds what identifies a run in progress, below the working directory.
  static func statePath(_ name: String) -> String { ".stress/runs/\(name).txt" }

  /// Lets a run keep its seed under a name of its own, and removes what one with a violation leaves behind.
  static func named<Result>(_ body: (_ stateName: String) throws -> Result) rethrows -> Result {
    let name = "test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: statePath(name)) }
    return try body(name)
  }

  /// Rounds that are over soon, and long enough to meet every race.
  static func short(_ configuration: SoakConfiguration, operations: Int = 16_384) -> SoakConfiguration {
    var configuration = configuration
    configuration.roundOperations = operations
    return configuration
  }

  /// Runs a soak without the bridge.
  static func run(_ configuration: SoakConfiguration) -> RunRecord {
    var configuration = configuration
    configuration.bridges = false
    return bridged(configuration)
  }

  /// Runs a soak as the tool does.
  static func bridged(_ configuration: SoakConfiguration) -> RunRecord {
    named { Soak(configuration: configuration, stateName: $0).run() }
  }

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
