import Foundation
import Testing

/// Every way in which a command or a script ends is provoked, and docs/exit-codes.md has them all.
@Suite(.waitsForProcesses) struct ExitCodesTests {
  private static let document = "docs/exit-codes.md"
  private static let head = "| command | code | when |\n| --- | --- | --- |\n"

  @Test(arguments: ExitPath.all.filter(\.isPossible))
  func `a command ends with the code that is documented`(path: ExitPath) throws {
    try Scratch.use { scratch in
      let code = try path.provoke(scratch)
      #expect(code == path.code, "\(scratch.text("stderr"))\(scratch.text("log"))")
    }
  }

  @Test func `the document has them all, and no others`() throws {
    let url = Document.root.appendingPathComponent(Self.document)
    let text = try String(contentsOf: url, encoding: .utf8)
    let parts = text.components(separatedBy: Self.head)
    try #require(parts.count == 2, "\(Self.document) has one table that begins with \(Self.head)")
    let rest = parts[1].split(separator: "\n", omittingEmptySubsequences: false).drop { $0.hasPrefix("|") }
    let rows = Self.sorted.map { $0.row + "\n" }.joined()
    let expected = parts[0] + Self.head + rows + rest.joined(separator: "\n")
    if ProcessInfo.processInfo.environment["STRESS_UPDATE_GOLDEN"] == "1" {
      try expected.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: url, encoding: .utf8) == expected, "STRESS_UPDATE_GOLDEN=1 writes it anew")
  }

  /// By command in the order of the list, then by code.
  private static var sorted: [ExitPath] {
    var commands: [String] = []
    for path in ExitPath.all where !commands.contains(path.command) { commands.append(path.command) }
    return commands.flatMap { command in
      let own = ExitPath.all.filter { $0.command == command }
      return Set(own.map(\.code)).sorted().flatMap { code in own.filter { $0.code == code } }
    }
  }

  @Test func `each script and each command with codes in its help is among them`() throws {
    let commands = Set(ExitPath.all.map(\.command))
    #expect(Scripts.names.filter { !commands.contains($0) } == [])
    for name in try Interface.stress.get().subcommands {
      // A group of commands has none of its own.
      #expect(commands.contains { $0 == "stress \(name)" || $0.hasPrefix("stress \(name) ") }, "\(name)")
    }
  }

  @Test(arguments: [
    "run", "explore", "replay", "minimize", "regress", "matrix", "diff", "series", "report", "merge", "kernel doctor",
    "kernel mutate", "kernel list", "kernel clean",
  ])
  func `help names the codes that are provoked`(command: String) throws {
    let help = try StressCommand.run(command.split(separator: " ").map(String.init) + ["--help"]).output
    // A line that was too long goes on at the left.
    let section = help.components(separatedBy: "EXIT CODES:\n").last?.components(separatedBy: "\n\n").first ?? ""
    let named = section.split(separator: "\n").filter { $0.hasPrefix("  ") }.flatMap { line in
      line.drop { $0 == " " }.prefix { $0.isNumber || $0 == "," || $0 == " " }.split { !$0.isNumber }
        .compactMap { Int32($0) }
    }
    let own = ["stress \(command)", "stress \(command) --bisect", "stress \(command) --compare"]
    let provoked = Set(ExitPath.all.filter { own.contains($0.command) }.map(\.code))
    #expect(Set(named) == provoked)
  }
}
