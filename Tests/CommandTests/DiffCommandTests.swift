/// `stress diff` as a user runs it, and what the documents say of it.
import Campaign
import Foundation
import TestSupport
import Testing

@Suite struct DiffCommandTests {
  /// A tree that scripts/kernel-tree has brought; without one the tests that need it are skipped, and CI says so.
  private static let tree = BroughtTrees.edited.first?.path

  @Test func `it needs a tree, and no scenario of the model alone`() throws {
    let nothing = try StressCommand.run(["diff"])
    #expect(nothing.status == 64 && nothing.errors.contains("diff needs --kernel-tree PATH"))
    let planted = try StressCommand.run(["diff", "--kernel-tree", "/", "--scenario", "planted"])
    #expect(planted.status == 64 && planted.errors.contains("cannot be compared in"))
  }

  /// What only one of the two can do would be told as a difference.
  @Test(arguments: ScenarioName.allCases.filter { !$0.isForModel })
  func `no scenario of a kernel alone`(_ scenario: ScenarioName) throws {
    let result = try StressCommand.run(["diff", "--kernel-tree", "/", "--scenario", scenario.rawValue])
    #expect(result.status == 64 && result.complaints.count == 1)
    #expect(result.errors.contains("only a kernel can do"))
  }

  @Test func `a tree that is none is bad usage, or skipped by a bisection`() throws {
    try Scratch.use { scratch in
      let arguments = ["diff", "--kernel-tree", scratch.file("none")]
      let plain = try StressCommand.run(arguments)
      #expect(plain.status == 64)
      let bisected = try StressCommand.run(arguments + ["--bisect"])
      #expect(bisected.status == 125)
    }
  }

  @Test(.enabled(if: tree != nil)) func `a kernel and the model are alike`() throws {
    try Scratch.use { scratch in
      let tree = try #require(Self.tree)
      let arguments = ["diff", "--kernel-tree", tree, "--episodes", "300", "--seed", "1"]
      let result = try StressCommand.start(arguments + ["--json", scratch.file("record.json")], in: scratch).finish()
      #expect(result.status == 0)
      #expect(result.lastOutputLine == "ALIKE 300 episodes, seed 0x0000000000000001; sampled, not a proof")
      let json = try JSONDecoder().decode(DiffRecord.self, from: Data(scratch.text("record.json").utf8))
      #expect(json.episodes == 300 && json.verdict == .alike && json.kernel?.version.hasPrefix("7.") == true)
    }
  }

  @Test(.enabled(if: tree != nil)) func `a difference ends with 1, and its command shows it again`() throws {
    try Scratch.use { scratch in
      let tree = try #require(Self.tree)
      let arguments = ["diff", "--kernel-tree", tree, "--seed", "1", "--mutant", "restore-new"]
      let result = try StressCommand.start(arguments + ["--quiet"], in: scratch).finish()
      #expect(result.status == 1)
      let again = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("again: stress ") })
      let words = again.dropFirst("again: stress ".count).split(separator: " ").map(String.init)
      let repeated = try StressCommand.start(words + ["--quiet"], in: scratch).finish()
      #expect(repeated.status == 1)
      func difference(_ text: String) -> String { text.components(separatedBy: "\nDIFFERS ")[0] }
      #expect(difference(repeated.output) == difference(result.output))
    }
  }

  @Test func `docs/kernel.md explains every limit of the model`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/kernel.md"), encoding: .utf8)
    #expect(text.contains("## Where the model and the kernel differ"))
    let rows = ModelLimit.allCases.map { "| `\($0.rawValue)` | \($0.reason) |\n" }
    #expect(rows.count > 5)
    #expect(text.contains(rows.joined()))
  }
}
