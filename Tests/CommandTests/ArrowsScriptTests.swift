import Foundation
import Testing

/// `scripts/arrows`: which folder of a target uses which others.
@Suite struct ArrowsScriptTests {
  /// A checkout with one target of these files, by their paths in it.
  private func arrows(_ files: [String: String]) throws -> (status: Int32, output: String) {
    try Scratch.use { scratch in
      for (path, text) in files {
        let file = "Sources/Target/\(path)"
        try FileManager.default.createDirectory(
          atPath: URL(fileURLWithPath: scratch.file(file)).deletingLastPathComponent().path,
          withIntermediateDirectories: true)
        try scratch.write(text, to: file)
      }
      return try run(["Target", "--root", scratch.folder.path], in: scratch)
    }
  }

  private func run(_ arguments: [String], in scratch: Scratch) throws -> (status: Int32, output: String) {
    let script = Document.root.appendingPathComponent("scripts/arrows").path
    // As where Python holds back what goes to a pipe.
    return try scratch.execute(["/bin/bash", script] + arguments, environment: ["PYTHONUNBUFFERED": ""])
  }

  @Test func `each folder stands below those that it uses`() throws {
    let seen = try arrows([
      "Above/Engine.swift": "struct Engine {\n  let value: Value\n}\n",
      "Below/Value.swift": "/// Of an Engine.\nstruct Value {\n  let name = \"an Engine\"\n}\n",
    ])
    #expect(seen == (0, "Below -> nothing\nAbove -> Below\n"))
  }

  @Test func `folders that use each other are told with what each takes, also through an extension`() throws {
    let seen = try arrows([
      "A/One.swift": "struct One {\n  func run(_ two: Two) -> Int { two.sumUp }\n}\n",
      "B/Two.swift": "struct Two {}\n",
      "C/Two+Sum.swift": "extension Two {\n  var sumUp: Int { 2 }\n  var one: One { One() }\n}\n",
    ])
    #expect(
      seen
        == (
          1,
          """
          B -> nothing
          circle in Sources/Target: A uses C: sumUp
          circle in Sources/Target: C uses A: One

          """
        ))
  }

  @Test func `a target that is not there is bad usage`() throws {
    try Scratch.use { scratch in
      let seen = try run(["Nothing"], in: scratch)
      #expect(seen.status == 64 && seen.output.contains("there is no target Sources/Nothing"))
    }
  }

  @Test func `the engines' folders use each other one way`() throws {
    try Scratch.use { scratch in
      let seen = try run([], in: scratch)
      #expect(seen.status == 0 && seen.output.contains("\nMatrix -> "), "\(seen.output)")
    }
  }
}
