import Campaign
import Foundation
import Testing

/// What the tests of `scripts/cluster` share: the files there, the tool under the name `stress`, records.
extension Scratch {
  static let cluster = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("scripts/cluster")

  /// A command of this name for `execute`, in place of the machine's.
  func provide(_ name: String, _ text: String) throws {
    try writeProgram(text, to: "bin/\(name)")
  }

  func provideStress() throws {
    try provide("stress", "#!/bin/sh\nexec '\(try #require(StressCommand.executablePath))' \"$@\"\n")
  }

  /// Runs a command to its end, in this folder.
  /// - Returns: the exit code and what was printed, errors too.
  func execute(
    _ words: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = folder
    let inherited = ProcessInfo.processInfo.environment
    let path = "\(file("bin")):\(inherited["PATH"] ?? "/usr/bin:/bin")"
    process.environment = inherited.merging(["PATH": path]) { $1 }.merging(environment) { $1 }
    try write("", to: "log")
    process.standardOutput = FileHandle(forWritingAtPath: file("log"))
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, text("log"))
  }

  /// A record as it is but for the time that was taken.
  func record(_ name: String) throws -> RunRecord {
    var record = try JSONDecoder().decode(RunRecord.self, from: Data(text(name).utf8))
    record.timing = .init(
      elapsedSeconds: 0, operationsPerSecond: 0, liveThreads: 0, latencies: [], peakResidentBytes: 0)
    return record
  }
}
