import Foundation
import MirrorMMU
import Testing

/// docs/checkers: a page for each rule of the list, an index that leads to all of them, and nothing else.
@Suite struct CheckerPagesTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let folder = root.appendingPathComponent("docs/checkers")

  private static func lines(_ name: String) throws -> [Substring] {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// As `stress list checkers` has them.
  private static func rules() throws -> [(id: String, rule: String)] {
    let output = try StressCommand.run(["list", "checkers"]).output
    let rules = output.split(separator: "\n").map { line in
      let id = line.prefix { $0 != " " }
      return (String(id), line.dropFirst(id.count).trimmingCharacters(in: .whitespaces))
    }
    try #require(rules.count > 20)
    return rules
  }

  /// The pages of the rules, by their IDs.
  private static func pages() throws -> Set<String> {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return Set(names.filter { $0.hasSuffix(".md") && $0 != "README.md" }.map { String($0.dropLast(3)) })
  }

  @Test func `each rule has a page with its name and words, and no page is of another`() throws {
    let rules = try Self.rules()
    for (id, rule) in rules {
      let title = try Self.lines("\(id).md").first
      #expect(title == "# \(id): \(rule)")
    }
    #expect(try Self.pages() == Set(rules.map(\.id)))
  }

  @Test func `the index has a row for each rule, in the order of the list`() throws {
    let rows = try Self.lines("README.md").filter { $0.hasPrefix("| [") }
    let starts = try Self.rules().map { "| [\($0.id)](\($0.id).md) | \($0.rule) | " }
    #expect(rows.count == starts.count)
    for (row, start) in zip(rows, starts) { #expect(row.hasPrefix(start)) }
  }

  @Test func `each page has its sections, in the same order`() throws {
    let sections = ["The rule", "Why it matters", "When it fires", "What it cannot see", "Example", "Related"]
    for id in try Self.pages() {
      #expect(try Self.lines("\(id).md").filter { $0.hasPrefix("## ") } == sections.map { "## \($0)" }, "\(id)")
    }
  }

  @Test func `every mutant that a page runs is there`() throws {
    let commands = try Self.pages().flatMap { try Self.lines("\($0).md") }.filter { $0.hasPrefix("    stress ") }
      .map { $0.split(separator: " ") }
    let names = commands.flatMap { words in zip(words, words.dropFirst()).filter { $0.0 == "--mutant" }.map(\.1) }
    #expect(names.count > 15)
    for name in names { #expect(Mutant(rawValue: String(name)) != nil, "\(name)") }
  }

  /// The index's last column, by rule: names of mutants, and behind a word those of `Tests/KernelMutants`.
  private static func shownBy() throws -> [(rule: String, model: [String], kernel: [String])] {
    try lines("README.md").filter { $0.hasPrefix("| [") }.map { row in
      let cell = row.dropLast(2).split(separator: "|").last ?? ""
      let parts = cell.split(separator: "kernel:", maxSplits: 1, omittingEmptySubsequences: false)
      let names = parts.map { part in part.matches(of: /`([a-z-]+)`/).map { String($0.1) } }
      return (String(row.dropFirst(3).prefix { $0 != "]" }), names[0], names.dropFirst().flatMap { $0 })
    }
  }

  @Test func `the index names every mutant, with a rule that catches it`() throws {
    let rows = try Self.shownBy()
    for mutant in Mutant.allCases {
      let rules = rows.filter { $0.model.contains(mutant.rawValue) }.map(\.rule)
      #expect(!rules.isEmpty, "\(mutant)")
      #expect(Set(rules).isSubset(of: mutant.caughtBy.map(\.name)), "\(mutant)")
    }
  }

  @Test func `a kernel mutant of the index expects the rule in whose row it stands`() throws {
    struct KernelMutant: Decodable { let checkers: [String] }
    let folder = Self.root.appendingPathComponent("Tests/KernelMutants")
    let rows = try Self.shownBy()
    #expect(rows.filter { $0.model.isEmpty && $0.kernel.isEmpty }.map(\.rule) == [])
    for row in rows {
      for name in row.kernel {
        let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
        let mutant = try JSONDecoder().decode(KernelMutant.self, from: data)
        #expect(mutant.checkers.contains(row.rule), "\(name)")
      }
    }
  }

  @Test func `every link of a page leads somewhere`() throws {
    for page in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) {
      for match in try Self.lines(page).joined(separator: "\n").matches(of: /\]\(([^)#]+)(#[^)]*)?\)/) {
        let target = Self.folder.appendingPathComponent(String(match.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(page): \(match.1)")
      }
    }
  }
}
