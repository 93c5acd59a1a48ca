import Foundation
import Testing

/// `scripts/soak` with a tool that does as it is told: what a night makes of what its parts do, in no time.
struct FakeTool {
  let scratch: Scratch

  /// - Parameter body: a shell script; `$1` is the subcommand, `$out` the file of --json.
  init(in scratch: Scratch, _ body: String = "echo 'PASS sampled: nothing'") throws {
    self.scratch = scratch
    let head = """
      #!/bin/sh
      if [ "$1" = list ]; then echo 'lost-zap  MAP-1'; exit 0; fi
      out=; previous=; for word; do [ "$previous" = --json ] && out=$word; previous=$word; done
      [ -n "$out" ] && echo '{}' >"$out"

      """
    try scratch.provide("tool", head + body + "\n")
  }

  static let script = Document.root.appendingPathComponent("scripts/soak").path

  /// - Parameter launcher: a command that becomes the one that it is given.
  func start(_ arguments: [String], through launcher: [String] = []) throws -> Process {
    let words = launcher + [Self.script] + arguments
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = scratch.folder
    process.environment = ProcessInfo.processInfo.environment.merging([
      "STRESS": scratch.file("bin/tool"), "XDG_CACHE_HOME": scratch.file("cache"),
    ]) { $1 }
    try scratch.write("", to: "log")
    process.standardOutput = FileHandle(forWritingAtPath: scratch.file("log"))
    process.standardError = process.standardOutput
    try process.run()
    return process
  }

  func run(_ arguments: [String], through launcher: [String] = []) throws -> Int32 {
    let process = try start(arguments, through: launcher)
    process.waitUntilExit()
    return process.terminationStatus
  }

  struct Status: Decodable {
    struct Part: Decodable {
      var name: String
      var status: String
      var files: [String]
    }

    var exit: Int32?
    var finished: Bool
    var parts: [Part]
  }

  func status(_ file: String = "soak/status.json") throws -> Status {
    try JSONDecoder().decode(Status.self, from: Data(scratch.text(file).utf8))
  }
}
