/// `git bisect run stress explore` finds the commit that broke a kernel's tdp_mmu.c: what docs/kernel.md shows, over a
/// small repository.
import Foundation
import TestSupport
import Testing

@Suite(.waitsForProcesses) struct BisectTests {
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
      try Git.run(["init", "--quiet"], in: tree.root)
      for (number, content) in commits.enumerated() {
        try tree.write(content)
        try Git.run(["add", "."], in: tree.root)
        try Git.run(["commit", "--quiet", "--no-gpg-sign", "-m", "commit \(number)"], in: tree.root)
      }
      let bad = try Git.run(["rev-parse", "HEAD~1"], in: tree.root).trimmingCharacters(in: .newlines)
      let tool = try #require(StressCommand.executablePath)
      let command = [
        "explore", "--kernel-tree", ".", "--bisect", "--seed", "1", "--schedules", "4000", "--no-minimize", "--quiet",
      ]
      let ends = ["main", "main~4"]
      func bisect() throws -> String {
        try Git.run(["bisect", "start"] + ends, in: tree.root)
        return try Git.run(["bisect", "run", tool] + command, in: tree.root, mayFail: true)
      }
      // With an end that was never tested git would name a commit, whatever the command finds.
      let early = try bisect()
      #expect(early.contains("git bisect takes ") && early.contains(" for bad, but of this command that is not known"))
      #expect(!early.contains("is the first bad commit"), "\(early)")
      try Git.run(["bisect", "reset"], in: tree.root)

      for (end, status) in zip(ends, [1, 0] as [Int32]) {
        try Git.run(["checkout", "--quiet", end], in: tree.root)
        let launcher = ["/usr/bin/env", "-C", tree.root.path]
        #expect(try StressCommand.start(command, in: scratch, through: launcher).finish().status == status)
      }
      let log = try bisect()
      #expect(log.contains("\(bad) is the first bad commit"), "\(log)")
      #expect(try Git.run(["status", "--porcelain", "--ignored"], in: tree.root) == "")
    }
  }

  /// Each commit of a series adds what an ordinary patch adds; one of them breaks the restore as well.
  @Test(.enabled(if: UserTree.source != nil)) func `git bisect run skips none of a series' commits`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      func commit(_ name: String) throws {
        try Git.run(["add", "."], in: tree.root)
        try Git.run(["commit", "--quiet", "--no-gpg-sign", "-m", name], in: tree.root)
      }
      try Git.run(["init", "--quiet"], in: tree.root)
      try commit("start")
      let series = ["arch-field", "mmu-function", "include-bitfield", "tracepoint", "slab", "mutex", "new-file"]
      let ingredients = try Ingredient.all()
      for name in series {
        try #require(ingredients.first { $0.name == name }).apply(to: tree.root)
        if name == "tracepoint" { try tree.replace(UserTree.restore, with: ";") }
        try commit(name)
      }
      let tool = try #require(StressCommand.executablePath)
      let command = [
        "explore", "--kernel-tree", ".", "--bisect", "--seed", "1", "--schedules", "2000", "--no-minimize", "--quiet",
      ]
      let ends = ["main", "main~\(series.count)"]
      for (end, status) in zip(ends, [1, 0] as [Int32]) {
        try Git.run(["checkout", "--quiet", end], in: tree.root)
        let launcher = ["/usr/bin/env", "-C", tree.root.path]
        #expect(try StressCommand.start(command, in: scratch, through: launcher).finish().status == status)
      }
      try Git.run(["bisect", "start"] + ends, in: tree.root)
      try Git.run(["bisect", "run", tool] + command, in: tree.root, mayFail: true)
      let log = try Git.run(["bisect", "log"], in: tree.root)
      #expect(!log.contains("git bisect skip"), "\(log)")
      #expect(log.contains("# first bad commit: [") && log.contains("] tracepoint"), "\(log)")
    }
  }

  /// What could not be written is no sign of a bad commit.
  @Test(.enabled(if: UserTree.source != nil)) func `with --bisect a fault of the harness is skipped`() throws {
    try Scratch.use { scratch in
      let tree = try UserTree(in: scratch)
      let command = [
        "explore", "--kernel-tree", tree.root.path, "--seed", "1", "--schedules", "20", "--json", "/dev/full",
      ]
      #expect(try StressCommand.start(command, in: scratch).finish().status == 70)
      #expect(try StressCommand.start(command + ["--bisect"], in: scratch).finish().status == 125)
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
}
