/// The tool as `scripts/install` leaves it in a prefix of a test, and programs of the system that look at it.
import Foundation
import Testing

struct Installed {
  static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("scripts/install").path

  let scratch: Scratch
  /// With a space, as some people's folders have.
  var prefix: String { scratch.file("my prefix") }

  static func use<Value>(_ body: (Installed) throws -> Value) throws -> Value {
    try Scratch.use { scratch in
      let installed = Installed(scratch: scratch)
      let result = try installed.install()
      try #require(result.status == 0, "\(result.output)")
      return try body(installed)
    }
  }

  @discardableResult
  func install(_ options: String..., path: String = "/usr/bin:/bin") throws -> (status: Int32, output: String) {
    let command = try #require(StressCommand.executablePath)
    let home = ProcessInfo.processInfo.environment["HOME"] ?? "/"
    return try run(
      [Self.script] + options + [prefix], environment: ["STRESS": command, "PATH": path, "HOME": home])
  }

  /// Runs a program in the test's folder, with this environment and no other.
  func run(_ words: [String], environment: [String: String] = [:]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = scratch.folder
    process.environment = environment
    try scratch.write("", to: "output")
    process.standardOutput = FileHandle(forWritingAtPath: scratch.file("output"))
    process.standardError = process.standardOutput
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, scratch.text("output"))
  }

  /// All that lies below the prefix and is no folder, by path.
  var files: [String] {
    let enumerator = FileManager.default.enumerator(atPath: prefix)
    var found: [String] = []
    while let name = enumerator?.nextObject() as? String {
      if enumerator?.fileAttributes?[.type] as? FileAttributeType != .typeDirectory { found.append(name) }
    }
    return found.sorted()
  }

  func file(_ name: String) -> String { "\(prefix)/\(name)" }

  func text(_ name: String) -> String { scratch.text("my prefix/\(name)") }

  /// Where a program of the system is; nil if it is not there.
  static func program(_ name: String) -> String? {
    ["/usr/bin/\(name)", "/bin/\(name)"].first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
