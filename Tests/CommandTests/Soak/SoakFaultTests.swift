import Foundation
import Testing

/// What goes wrong around a night: a disk, a tree, a signal. None of it is a violation.
@Suite struct SoakFaultTests {
  @Test func `a folder that takes no more ends the night with 70 and a line`() throws {
    try Scratch.use { scratch in
      // Files may not grow, as on a full disk; the log may.
      let tool = try FakeTool(in: scratch)
      let limit = ["bash", "-c", "exec > >(cat >log2) 2>&1; ulimit -f 0; exec \"$0\" \"$@\""]
      #expect(try tool.run(["--only", "explore-"], through: limit) == 70)
      while scratch.text("log2").isEmpty { usleep(10_000) }
      #expect(scratch.text("log2").contains("soak/status.json: File too large\n"))
      #expect(!scratch.text("log2").contains("Traceback"))
    }
  }

  @Test func `a tree that does not build is told as that, with the compiler's own lines, and exits 125`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(
        in: scratch,
        """
        if [ "$1" = kernel ]; then
          echo 'build'; echo "    a.c:3:1: error: unknown type name 'this'"; echo '    3 | this is not C;'
          echo 'NOT SUPPORTED: a.c does not compile; correct it'; exit 125
        fi
        """)
      try FileManager.default.createDirectory(atPath: scratch.file("linux"), withIntermediateDirectories: true)
      #expect(try tool.run(["--kernel-tree", "linux", "--only", "kernel-linux", "--only", "explore-4k"]) == 125)
      let status = try tool.status()
      #expect(status.exit == 125)
      #expect(status.parts.map(\.status) == ["unusable", "passed", "skipped", "skipped", "skipped"])
      let page = scratch.text("soak/summary.md")
      #expect(page.hasPrefix("# Soak: a kernel tree cannot be used"))
      #expect(page.contains("\na.c:3:1: error: unknown type name 'this'\n3 | this is not C;\nNOT SUPPORTED: "))
    }
  }

  @Test func `what a part that failed has said is on the page`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch, "echo 'stress: error: it broke' >&2; exit 70")
      #expect(try tool.run(["--only", "explore-4k"]) == 70)
      #expect(scratch.text("soak/summary.md").contains("\nstress: error: it broke\n"))
    }
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func `a signal ends a night with its code, and leaves a whole status`(signal: Int32, code: Int32) throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch, "trap 'exit 143' TERM; touch running; while :; do sleep 0.02; done")
      let night = try tool.start(["--only", "explore-"])
      while scratch.missing("soak/running") && night.isRunning { usleep(10_000) }
      kill(night.processIdentifier, signal)
      night.waitUntilExit()
      #expect(night.terminationStatus == code)
      let status = try tool.status()
      #expect(status.exit == code && status.finished)
      #expect(status.parts.map(\.status) == ["interrupted", "not run"])
    }
  }

  @Test func `whoever looks on may go`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch)
      let deaf = ["bash", "-c", "exec \"$0\" \"$@\" >/dev/full"]
      #expect(try tool.run(["--only", "explore-"], through: deaf) == 0)
    }
  }

  @Test func `a night that was killed is no clean one where shards are collected`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch, "[ -e ../die ] && kill -9 $PPID; echo PASS")
      try scratch.write("", to: "die")
      _ = try tool.run(["--only", "explore-", "--out", "killed"])
      #expect(try tool.status("killed/status.json").exit == nil)
      #expect(try tool.run(["--collect", "killed", "--out", "night"]) == 130)
      try scratch.write("[1]", to: "killed/status.json")
      #expect(try tool.run(["--collect", "killed", "--out", "night"]) == 64)
      #expect(try tool.run(["--collect", "night", "--out", "night"]) == 64)
    }
  }
}
