import Foundation
import Testing

/// `scripts/soak`, with a tool that does as it is told.
extension ExitPath {
  private static let name = "scripts/soak"
  private static let one = ["--only", "explore-4k"]

  static let soak: [ExitPath] =
    [
      ExitPath(name, 0, "clean") { try night("", one, $0) },
      ExitPath(name, 1, "a violation, or a kept failure that still fails") { try night("exit 1", one, $0) },
      ExitPath(name, 64, "bad usage, nothing was run") { try night("", ["--seed", "zz"], $0) },
      ExitPath(name, 64, "another soak runs in the folder") { scratch in
        let tool = try FakeTool(
          in: scratch, "[ -e go ] || (touch go; STRESS=$0 SCRIPT --only explore-4k --out .; exit 1)")
        try scratch.writeProgram(
          scratch.text("bin/tool").replacingOccurrences(of: "SCRIPT", with: FakeTool.script)
            .replacingOccurrences(of: "; exit 1)", with: "; exit $?)"), to: "bin/tool")
        _ = try tool.run(one)
        // What the part has said of the second soak is in its log.
        return scratch.text("soak/logs/explore-4k.txt").contains("another soak runs there") ? 64 : -1
      },
      ExitPath(name, 70, "a canary lived") { try night("exit 0", ["--only", "canary-lost-zap"], $0) },
      ExitPath(name, 70, "a part failed for another reason than a violation") { try night("exit 70", one, $0) },
      ExitPath(name, 70, "the tool does not run") { scratch in
        let tool = try FakeTool(in: scratch)
        try scratch.writeProgram("#!/bin/sh\nexit 3\n", to: "bin/tool")
        return try tool.run(one)
      },
      ExitPath(name, 70, "a file could not be written") { scratch in
        try FakeTool(in: scratch).run(
          one, through: ["bash", "-c", "exec >/dev/null 2>&1; ulimit -f 0; exec \"$0\" \"$@\""])
      },
      ExitPath(name, 125, "a kernel tree cannot be used, clean otherwise") { scratch in
        try FileManager.default.createDirectory(atPath: scratch.file("linux"), withIntermediateDirectories: true)
        return try night("[ $1 = kernel ] && exit 125", ["--kernel-tree", "linux", "--only", "kernel-"], scratch)
      },
      ExitPath("\(name) --collect", 0, "all nights are clean") { try collect("", $0) },
      ExitPath("\(name) --collect", 1, "one found a violation") { try collect("exit 1", $0) },
      ExitPath("\(name) --collect", 64, "a folder is none of a night") { scratch in
        try FakeTool(in: scratch).run(["--collect", ".", "--out", "night"])
      },
      ExitPath("\(name) --collect", 70, "one is worth nothing") { try collect("exit 70", $0) },
      ExitPath("\(name) --collect", 130, "one goes on, or was killed, clean so far") {
        try collect("kill -9 $PPID", $0)
      },
    ]
    + interrupts.map { signal, word in
      ExitPath(name, 128 + signal, "\(word): interrupted, clean so far") { scratch in
        let tool = try FakeTool(in: scratch, "trap 'exit 143' TERM; touch running; while :; do sleep 0.02; done")
        let night = try tool.start(one)
        while scratch.missing("soak/running") && night.isRunning { usleep(10_000) }
        kill(night.processIdentifier, signal)
        night.waitUntilExit()
        return night.terminationStatus
      }
    }

  private static func night(_ body: String, _ arguments: [String], _ scratch: Scratch) throws -> Int32 {
    try FakeTool(in: scratch, body).run(arguments)
  }

  private static func collect(_ body: String, _ scratch: Scratch) throws -> Int32 {
    let tool = try FakeTool(in: scratch, body)
    _ = try tool.run(one)
    return try tool.run(["--collect", "soak", "--out", "night"])
  }
}
