import Foundation
import Testing

/// `scripts/lib/dead.py`, a part of `scripts/lint`: what nothing uses.
@Suite struct DeadScriptTests {
  /// A checkout of these files, by their paths in it.
  private func found(_ files: [String: String]) throws -> (status: Int32, output: String) {
    try Scratch.use { scratch in
      for (path, text) in files {
        let file = scratch.folder.appendingPathComponent("checkout/\(path)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      let checkout = URL(fileURLWithPath: scratch.file("checkout"))
      try Git.run(["init", "--quiet"], in: checkout)
      let script = Document.root.appendingPathComponent("scripts/lib/dead.py").path
      return try scratch.execute(
        ["/usr/bin/env", "-C", checkout.path, "python3", script], environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    }
  }

  private static let whole = [
    "Sources/A/Engine.swift": "struct Engine {\n  var count = 0\n}\n",
    "Sources/A/Use.swift":
      "func use(_ engine: Engine) -> Int { engine.count }\nlet used = use(Engine())\nlet more = used + more\n",
  ]

  @Test func `what is used is not told`() throws {
    let seen = try found(Self.whole)
    #expect(seen == (0, ""))
  }

  @Test(arguments: [
    ("Sources/A/Dead.swift", "/// A ghost.\npackage struct Ghost {}\n", "Sources/A/Dead.swift:2: nothing uses `Ghost`"),
    (
      "Sources/A/Dead.swift", "extension Engine {\n  package static func ghost() -> Int { count }\n}\n",
      "Sources/A/Dead.swift:2: nothing uses `ghost`"
    ),
    (
      "Sources/A/Dead.swift", "enum Kind {\n  case ghost\n}\nlet kind = Kind?.none\nlet k = kind\nlet l = k ?? l\n",
      "Sources/A/Dead.swift:2: nothing uses `ghost`"
    ),
    ("Tests/Golden/ghost.txt", "text\n", "Tests/Golden/ghost.txt:1: no other file names this one"),
    ("scripts/lib/ghost.py", "pass\n", "scripts/lib/ghost.py:1: no other file names this one"),
  ])
  func `what nothing uses is told`(path: String, text: String, message: String) throws {
    let seen = try found(Self.whole.merging([path: text]) { $1 })
    #expect(seen.status == 1)
    #expect(seen.output == message + ": take it out\n", "\(seen.output)")
  }

  @Test(arguments: [
    "enum Kind: String, CaseIterable {\n  case ghost\n}\nlet all = Kind.allCases\nlet more2 = all + more2\n",
    "struct File: Encodable {\n  var ghost = 1\n}\nlet file = File()\nlet more2 = file == more2\n",
    "// struct Ghost\n", "func f(_ n: Int) {\n  switch n {\n  case 1: return\n  default: f(n)\n  }\n}\n",
  ])
  func `what is read by nobody's name is left`(text: String) throws {
    let seen = try found(Self.whole.merging(["Sources/A/More.swift": text]) { $1 })
    #expect(seen == (0, ""))
  }
}
