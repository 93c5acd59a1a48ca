import Foundation
import Testing

/// The man pages that `scripts/install` makes of what the command says of itself.
@Suite struct ManualTests {
  private static let folder = "share/man/man1"
  private static let commands = [
    "", "run", "explore", "replay", "minimize", "trace", "regress", "matrix", "diff", "exhaust", "series", "report",
    "merge",
    "kernel",
    "kernel doctor", "kernel mutate", "kernel list", "kernel clean", "list",
  ]

  private func name(_ command: String) -> String {
    (["stress"] + command.split(separator: " ").map(String.init)).joined(separator: "-") + ".1"
  }

  /// What a page shows for what stands in its source.
  private func shown(_ source: String) -> String {
    var text = source
    for (escape, letter) in [
      ("\\-", "-"), ("\\(aq", "'"), ("\\(ti", "~"), ("\\(ha", "^"), ("\\(ga", "`"), ("\\&", ""), ("\\e", "\\"),
    ] { text = text.replacing(escape, with: letter) }
    return text
  }

  private func lines(_ text: String, after start: String, to end: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return Array(lines.drop { $0 != start }.dropFirst().prefix { $0 != end })
  }

  @Test func `each command has a page, and what is hidden has none`() throws {
    try Installed.use { installed in
      let pages = installed.files.filter { $0.hasPrefix(Self.folder) }.map {
        String($0.dropFirst(Self.folder.count + 1))
      }
      #expect(Set(pages) == Set(Self.commands.map(name)))
      for page in pages {
        let source = installed.text("\(Self.folder)/\(page)")
        #expect(source.contains(".SH NAME\n") && source.contains(".SH SYNOPSIS\n"))
        #expect(!shown(source).contains("hang-seconds") && !source.contains("autopsy"), "\(page)")
      }
    }
  }

  @Test func `examples and exit codes are those of the help, line by line`() throws {
    try Installed.use { installed in
      for command in Self.commands where command != "kernel" {
        let words = [installed.file("bin/stress")] + command.split(separator: " ").map(String.init) + ["--help"]
        let help = try installed.run(words, environment: ["COLUMNS": "1000"]).output
        let source = installed.text("\(Self.folder)/\(name(command))")
        let examples = lines(help, after: "EXAMPLES:", to: "")
        #expect(!examples.isEmpty && lines(source, after: ".EX", to: ".EE").map { "  " + shown($0) } == examples)
        let codes = lines(help, after: "EXIT CODES:", to: "")
        for code in codes {
          let words = code.split(separator: " ", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
          #expect(shown(source).contains(".TP\n\\fB\(words[0])\\fR\n\(words[1])\n"), "\(command): \(code)")
        }
        #expect(command == "list" || !codes.isEmpty)
      }
    }
  }

  @Test(.enabled(if: Installed.program("man") != nil))
  func `man shows a page as it is meant`() throws {
    try Installed.use { installed in
      let man = try #require(Installed.program("man"))
      let path = installed.file("\(Self.folder)/stress-explore.1")
      let page = try installed.run(
        [man, "-l", path], environment: ["MANWIDTH": "100", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
      ).output
      for text in [
        "stress-explore - Run schedules that a seed decides",
        "       stress explore --mutant thaw-first    exits 1: ORD-2 is broken\n",
        "       stress explore --kernel-tree ~/linux  your own tdp_mmu.c\n", "       --kernel-tree path\n",
        "\nEXIT STATUS\n       0      no violation\n",
      ] { #expect(page.contains(text), "\(text)") }
    }
  }

  @Test(.enabled(if: Installed.program("mandoc") != nil))
  func `mandoc has nothing to say against a page`() throws {
    try Installed.use { installed in
      let mandoc = try #require(Installed.program("mandoc"))
      let pages = Self.commands.map { installed.file("\(Self.folder)/\(name($0))") }
      let result = try installed.run([mandoc, "-Tlint", "-Wwarning"] + pages)
      #expect(result.status == 0 && result.output == "", "\(result.output)")
    }
  }
}
