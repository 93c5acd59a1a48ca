/// `git bisect run` finds the commit that broke a kernel's tdp_mmu.c: the README's example over a small repository.
import Foundation
import Testing

@Suite struct BisectTests {
  @Test(.enabled(if: UserTree.source != nil)) func `git bisect run finds the commit that broke the restore`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      let text = try tree.text()
      try #require(text.components(separatedBy: UserTree.restore).count == 2, "the tree has another restore")

      let broken = text.replacingOccurrences(of: UserTree.restore, with: ";")
      // Good, does not build, good, bad, bad.
      let commits = [
        text, text + "\nint f(void) { return no_such_name; }\n", text + "\n/* mended */\n", broken,
        broken + "\n/* later */\n",
      ]
      try Self.git(["init", "--quiet"], in: tree.root)
      for (number, content) in commits.enumerated() {
        try tree.write(content)
        try Self.git(["add", "."], in: tree.root)
        try Self.git(["commit", "--quiet", "--no-gpg-sign", "-m", "commit \(number)"], in: tree.root)
      }
      let bad = try Self.git(["rev-parse", "HEAD~1"], in: tree.root).trimmingCharacters(in: .newlines)
      try Self.git(["bisect", "start", "HEAD", "HEAD~4"], in: tree.root)
      let tool = try #require(StressCommand.executablePath)
      let log = try Self.git(
        [
          "bisect", "run", tool, "explore", "--kernel-tree", ".", "--bisect", "--seed", "1", "--schedules", "20000",
          "--no-minimize", "--quiet",
        ], in: tree.root)
      #expect(log.contains("\(bad) is the first bad commit"))
    }
  }

  @Test func `--bisect needs a tree`() throws {
    let result = try StressCommand.run(["explore", "--bisect"])
    #expect(result.status == 64)
    #expect(result.errors.contains("--bisect goes with --kernel-tree"))
  }

  @Test func `with --bisect a tree that is none is skipped`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.run(["explore", "--bisect", "--kernel-tree", scratch.file("none")])
      #expect(result.status == 125)
    }
  }

  @discardableResult
  private static func git(_ arguments: [String], in directory: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"] + arguments
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    if process.terminationStatus != 0 { Issue.record("git \(arguments): \(text)") }
    return text
  }
}
