/// Runs a compiler and has what it said.
import Foundation

struct Subprocess {
  struct Result {
    var status: Int32
    var output: String
  }

  /// Output and errors go through a file: a pipe would fill up while nobody reads it.
  /// - Returns: nil if the program cannot be started.
  static func run(_ program: String, _ arguments: [String], in directory: URL, log: URL) -> Result? {
    guard FileManager.default.createFile(atPath: log.path, contents: nil),
      let output = FileHandle(forWritingAtPath: log.path)
    else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    // Messages are looked through for `error:`.
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
    do { try process.run() } catch { return nil }
    process.waitUntilExit()
    try? output.close()
    let text = (try? Data(contentsOf: log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return Result(status: process.terminationStatus, output: text)
  }

  /// The program's path: as given if it has a slash, else the first in PATH.
  static func find(_ name: String) -> String? {
    let manager = FileManager.default
    if name.contains("/") { return manager.isExecutableFile(atPath: name) ? name : nil }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { manager.isExecutableFile(atPath: $0) }
  }
}
