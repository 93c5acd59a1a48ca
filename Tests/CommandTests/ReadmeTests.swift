import Foundation
import Testing

/// What README.md quotes of the command is what the command says.
@Suite struct ReadmeTests {
  private static let text: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)) ?? ""
  }()

  @Test(arguments: ["scenarios", "strategies"])
  func `a table has every row of the list, in its order`(kind: String) throws {
    let rows = try StressCommand.run(["list", kind]).output.split(separator: "\n").map { line in
      let name = line.prefix { $0 != " " }
      return "| `\(name)` | \(line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)) |\n"
    }
    #expect(rows.count > 5)
    #expect(Self.text.contains(rows.joined()))
  }

  @Test func `it begins with the two commands`() throws {
    let commands = Self.text.split(separator: "\n").filter { $0.hasPrefix("    ") && !$0.hasPrefix("     ") }
      .filter { $0.contains("scripts/") }
    #expect(commands.prefix(2) == ["    scripts/stress --threads 64 --seconds 30", "    scripts/test"])
  }
}
