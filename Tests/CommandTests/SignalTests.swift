/// A signal that comes while the tool starts is not lost: who ends a run sends one.
import Foundation
import TestSupport
import Testing

@Suite(.waitsForProcesses) struct SignalTests {
  /// It is pending already when the tool begins, as one is that comes a moment before the tool looks out for it.
  private static let pending = [
    "/usr/bin/env", "--block-signal=INT", "/bin/sh", "-c", "kill -INT $$; exec \"$0\" \"$@\"",
  ]

  @Test func `a signal that was there first ends the run`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(
        ["explore", "--seconds", "600", "--seed", "1", "--quiet"], in: scratch, through: Self.pending
      ).finish()
      #expect(result.status == 130, "\(result.errors)")
    }
  }

  /// Threads that are older than the mask take what is sent to the process as well.
  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a signal ends the run whichever thread gets it`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      try ExitPath.repository(tree.root, adding: "/* nothing */\n")
      let command = try StressCommand.start(
        ["series", "HEAD~1..HEAD", "--kernel-tree", tree.root.path, "--executions", "40", "--table", "private-empty"],
        in: scratch)
      #expect(command.waitUntilStarted("1 commit on"))
      let folder = "/proc/\(command.process)/task"
      let open = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { Int32($0) }.filter { task in
        let status = (try? String(contentsOfFile: "\(folder)/\(task)/status", encoding: .utf8)) ?? ""
        let blocked = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }?.split(separator: "\t").last
        let mask = UInt64(blocked ?? "", radix: 16) ?? .max
        return mask & 1 << UInt64(SIGINT - 1) == 0
      }
      let symbol = try #require(dlsym(nil, "tgkill"))
      let send = unsafeBitCast(symbol, to: (@convention(c) (pid_t, pid_t, Int32) -> Int32).self)
      // Such a thread may be gone again.
      if !open.contains(where: { send(command.process, $0, SIGINT) == 0 }) { command.send(SIGINT) }
      #expect(command.finish().status == 130)
    }
  }

  /// One process watches over another, which is not there yet.
  @Test(.enabled(if: UserTree.source != nil, UserTree.why))
  func `a signal that was there first ends the run of a kernel`() throws {
    try Scratch.use { scratch in
      let tree = try #require(UserTree.source)
      let result = try StressCommand.start(
        ["explore", "--kernel-tree", tree.path, "--seconds", "20", "--seed", "1", "--quiet"], in: scratch,
        through: Self.pending
      ).finish()
      #expect(result.status == 130, "\(result.errors)")
    }
  }
}
