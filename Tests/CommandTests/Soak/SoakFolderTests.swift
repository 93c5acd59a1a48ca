import Foundation
import Testing

/// The folder of a night: whose it is, what of an earlier one stays, and what it says while the night goes on.
@Suite struct SoakFolderTests {
  @Test func `while a night goes on its status has no exit code`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch, "cp status.json seen.json; cp summary.md seen.md; exit 1")
      #expect(try tool.run(["--only", "explore-"]) == 1)
      let seen = try tool.status("soak/seen.json")
      #expect(seen.exit == nil && !seen.finished)
      #expect(seen.parts.map(\.status) == ["failed", "not run"])
      #expect(scratch.text("soak/seen.md").hasPrefix("# Soak: a violation was found (not finished)\n"))
      #expect(try tool.status().exit == 1)
    }
  }

  @Test func `a night leaves nothing of an earlier one in its folder, and loses no token`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch)
      #expect(try tool.run(["--only", "explore-4k"]) == 0)
      #expect(scratch.text("soak/explore-4k.json") == "{}\n")
      try FileManager.default.createDirectory(
        atPath: scratch.file("soak/failures"), withIntermediateDirectories: true)
      try scratch.write("m1:AAAA\n", to: "soak/failures/MAP-1-0.txt")
      try scratch.write("mine", to: "soak/notes.txt")
      // What is refused changes nothing.
      #expect(try tool.run(["--only", "nothing"]) == 64)
      #expect(scratch.text("soak/explore-4k.json") == "{}\n")

      #expect(try tool.run(["--only", "threads-2-4k"]) == 0)
      let left = try FileManager.default.contentsOfDirectory(atPath: scratch.file("soak"))
      #expect(Set(left) == [".lock", "logs", "notes.txt", "status.json", "summary.md", "threads-2-4k.json"])
      #expect(scratch.text(".stress/failures/MAP-1-0.txt") == "m1:AAAA\n")
    }
  }

  @Test func `two nights do not share a folder`() throws {
    try Scratch.use { scratch in
      let tool = try FakeTool(in: scratch, "touch running; while [ ! -e ../go ]; do sleep 0.02; done")
      let first = try tool.start(["--only", "explore-4k"])
      while scratch.missing("soak/running") && first.isRunning { usleep(10_000) }
      #expect(try tool.run(["--only", "explore-4k"]) == 64)
      #expect(scratch.text("log").contains("another soak runs there"))
      try scratch.write("", to: "go")
      first.waitUntilExit()
      #expect(first.terminationStatus == 0)
    }
  }

  @Test func `trees are told apart, and what is typed again is quoted`() throws {
    try Scratch.use { scratch in
      for folder in ["a b/linux", "c/linux"] {
        try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
      }
      let tool = try FakeTool(in: scratch, "[ \"$1\" = kernel ] || exit 1")
      let trees = ["--kernel-tree", "a b/linux", "--kernel-tree", "c/linux"]
      #expect(try tool.run(trees + ["--only", "kernel-"]) == 1)
      let names = try tool.status().parts.map(\.name).filter { $0.hasSuffix("-explore") }
      #expect(names == ["kernel-linux-explore", "kernel-linux-2-explore"])
      #expect(scratch.text("soak/summary.md").contains(" --kernel-tree '\(scratch.file("a b/linux"))' "))
    }
  }
}

extension Scratch {
  func missing(_ name: String) -> Bool { access(file(name), F_OK) != 0 }
}
