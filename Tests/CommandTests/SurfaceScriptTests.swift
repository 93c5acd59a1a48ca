import Foundation
import Testing

/// `scripts/lib/surface.py`, a part of `scripts/lint`: what is public, against the table of docs/library.md.
@Suite struct SurfaceScriptTests {
  private static let engine = "public struct Engine {\n  public var count = 0\n  package var draws = 0\n}\n"
  private static let row = "| `A` | 2 | `Engine` |"

  private func found(_ source: String, row: String) throws -> (status: Int32, output: String) {
    try Scratch.use { scratch in
      for (path, text) in ["Sources/A/Engine.swift": source, "docs/library.md": "# Page\n\n\(row)\n"] {
        let file = URL(fileURLWithPath: scratch.file(path))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      let script = Document.root.appendingPathComponent("scripts/lib/surface.py").path
      return try scratch.execute(
        ["/usr/bin/env", "-C", scratch.folder.path, "python3", script], environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    }
  }

  @Test func `what is in the table is not told`() throws {
    let seen = try found(Self.engine + "extension Engine {\n  // public\n}\n", row: Self.row)
    #expect(seen == (0, ""))
  }

  @Test(arguments: [
    (
      engine + "extension Engine {\n  @inlinable public static func run() {}\n}\n", row,
      "docs/library.md:3: A has 3 public declarations, not 2: "
    ),
    (
      engine + "public enum Ghost {}\n", row,
      "Sources/A/Engine.swift:5: `Ghost` is public and not in docs/library.md: "
    ),
    (engine, "| `B` | 0 | |", "Sources/A/Engine.swift:1: `Engine` is public and not in docs/library.md: "),
    (engine, "| `A` | 2 | `Engine`, `Ghost` |", "docs/library.md:3: `Ghost` is not public in A: "),
  ])
  func `what the table does not have is told, and what only it has`(
    source: String, row: String, message: String
  ) throws {
    let seen = try found(source, row: row)
    #expect(seen.status == 1)
    #expect(seen.output.hasPrefix(message), "\(seen.output)")
  }
}
