import Campaign
import Foundation
import Testing

/// docs/protocols.md: its blocks are what the command prints, and every reason of the expectations leads into it.
///
/// A block stands behind a comment with its command. `STRESS_UPDATE_GOLDEN=1` writes all of them anew.
@Suite(.serialized) struct ProtocolsDocumentTests {
  private static let file = Document.root.appendingPathComponent("docs/protocols.md")

  private static var lines: [String] {
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private struct Block {
    var command: String
    /// Of the text between the fences.
    var lines: Range<Int>
  }

  private static func blocks(_ lines: [String]) -> [Block] {
    lines.indices.compactMap { index in
      guard lines[index].hasPrefix("<!-- stress "), lines[index].hasSuffix(" -->"),
        lines.indices.contains(index + 1), lines[index + 1] == "```",
        let end = lines[(index + 2)...].firstIndex(of: "```")
      else { return nil }
      return Block(command: String(lines[index].dropFirst(5).dropLast(4)), lines: (index + 2)..<end)
    }
  }

  /// The rule, what was seen, the interleaving, the token and the verdict, with a blank line between the three parts.
  private static func excerpt(_ output: String) -> [String] {
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
    func field(_ prefix: String) -> [String] {
      guard let first = lines.firstIndex(where: { $0.hasPrefix(prefix) }) else { return [] }
      return [lines[first]] + lines[(first + 1)...].prefix { $0.hasPrefix("  ") }
    }
    var table: [String] = []
    if let title = lines.firstIndex(where: { $0.hasPrefix("Interleaving of") }) {
      table = Array(lines[(title + 2)...].prefix { !$0.isEmpty })
    }
    let parts = [
      field("checker") + field("seen") + field("schedule "), table,
      field("replay:") + field("PASS") + field("FAIL"),
    ]
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  @Test func `each block is what its command prints`() throws {
    var lines = Self.lines
    let blocks = Self.blocks(lines)
    #expect(blocks.count == lines.count { $0.hasPrefix("<!-- stress ") })
    #expect(blocks.count > 10)
    let updates = ProcessInfo.processInfo.environment["STRESS_UPDATE_GOLDEN"] == "1"
    // From the last, so that the places of the others stay.
    for block in blocks.reversed() {
      let words = block.command.split(separator: " ").map(String.init)
      let result = try StressCommand.run(Array(words.dropFirst()))
      let seen = ["$ \(block.command)"] + Self.excerpt(result.output)
      #expect(result.status == (result.lastOutputLine.hasPrefix("PASS") ? 0 : 1), "\(block.command): \(result.errors)")
      if updates {
        lines.replaceSubrange(block.lines, with: seen)
      } else {
        #expect(Array(lines[block.lines]) == seen)
      }
    }
    if updates { try Data(lines.joined(separator: "\n").utf8).write(to: Self.file) }
  }

  @Test func `each reason of the expectations names a section that there is`() throws {
    let anchors = try #require(Document.read("docs/protocols.md")).anchors
    let url = Document.root.appendingPathComponent("Expected/matrix.json")
    let expectations = try MatrixExpectations(parsing: Array(try Data(contentsOf: url)))
    #expect(!expectations.cells.isEmpty)
    for reason in Set(expectations.cells.map(\.reason)) {
      let match = try #require(reason.firstMatch(of: /See docs\/protocols\.md#([a-z0-9-]+)\.$/), "\(reason)")
      #expect(anchors.contains(String(match.1)), "\(reason)")
    }
  }

  @Test func `the table of mutants has a row for each, in the order of the list`() throws {
    let names = try StressCommand.run(["list", "mutants"]).output.split(separator: "\n").map { $0.prefix { $0 != " " } }
    let lines = Self.lines
    let start = try #require(lines.firstIndex(of: "<!-- mutants: made by scripts/strategies -->"))
    let rows = lines[start...].filter { $0.hasPrefix("| `") }.map { $0.dropFirst(3).prefix { $0 != "`" } }
    #expect(rows == names)
  }
}
