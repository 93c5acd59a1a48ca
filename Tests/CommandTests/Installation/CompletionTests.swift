import Foundation
import MirrorMMU
import Testing

/// The completion scripts: that shells take them, and what they offer.
@Suite struct CompletionTests {
  private static let scripts = [
    ("bash", "share/bash-completion/completions/stress"), ("zsh", "share/zsh/site-functions/_stress"),
    ("fish", "share/fish/vendor_completions.d/stress.fish"),
  ]

  @Test func `each shell that is here parses its script`() throws {
    try Installed.use { installed in
      for (shell, script) in Self.scripts {
        #expect(installed.text(script).contains("kernel-tree") && !installed.text(script).contains("autopsy"))
        guard let program = Installed.program(shell) else { continue }
        let result = try installed.run([program, "-n", installed.file(script)])
        #expect(result.status == 0 && result.output == "", "\(shell): \(result.output)")
      }
    }
  }

  /// Command lines of which the last word is completed, and some of what is offered.
  static let lines: [(line: [String], offered: [String])] = [
    (["ex"], ["explore"]), (["--mut"], ["--mutant"]), (["--threads", "3", "--mut"], ["--mutant"]),
    (["--mutant", "thaw"], ["thaw-first"]), (["explore", "--scenario", "fault-z"], ["fault-zap"]),
    (["explore", "--strategy", "pct-"], ["pct-2", "pct-3"]), (["--policy", ""], ["4k", "huge", "huge-shared"]),
    (["explore", "--protocol", "main"], ["mainline"]), (["matrix", "--only", ""], ["protocols", "mutants", "kernel"]),
    (["list", "mu"], ["mutants"]), (["kernel", "doc"], ["doctor"]), (["kernel", "doctor", "--compiler", "g"], ["gcc"]),
    (["explore", "--kernel-tree", "lin"], ["linux"]), (["report", "rec"], ["record.json"]),
  ]

  private func prepare(_ scratch: Scratch) throws {
    try FileManager.default.createDirectory(atPath: scratch.file("linux"), withIntermediateDirectories: true)
    try scratch.write("", to: "record.json")
    try scratch.write("", to: "linux.txt")
    try scratch.write("", to: "record.html")
  }

  @Test(.enabled(if: Installed.program("bash") != nil))
  func `bash offers commands, options and the values of each`() throws {
    try Installed.use { installed in
      try prepare(installed.scratch)
      // What bash does when somebody presses the tabulator.
      let script = """
        source "$1"; shift; set -- stress "$@"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
        _stress stress "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let bash = try #require(Installed.program("bash"))
      for (line, offered) in Self.lines {
        let result = try installed.run([bash, "-c", script, "bash", installed.file(Self.scripts[0].1)] + line)
        let words = result.output.split(separator: "\n").map(String.init)
        #expect(Set(offered).isSubset(of: words), "\(line): \(result.output)")
        #expect(words.allSatisfy { $0.hasPrefix(line.last ?? "") && $0.contains(".txt") == false }, "\(words)")
      }
      let mutants = try installed.run(
        [bash, "-c", script, "bash", installed.file(Self.scripts[0].1), "--mutant", ""])
      #expect(Set(mutants.output.split(separator: "\n").map(String.init)) == Set(Mutant.allCases.map(\.rawValue)))
    }
  }

  @Test(.enabled(if: Installed.program("fish") != nil))
  func `fish offers the same`() throws {
    try Installed.use { installed in
      try prepare(installed.scratch)
      let fish = try #require(Installed.program("fish"))
      for (line, offered) in Self.lines {
        let text = (["stress"] + line).joined(separator: " ")
        let result = try installed.run(
          [
            fish, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", installed.file(Self.scripts[2].1), text,
          ],
          environment: ["HOME": installed.scratch.folder.path, "PATH": "/usr/bin:/bin"])
        // A name and a description; a folder ends in a slash.
        let words = result.output.split(separator: "\n").map { $0.prefix { $0 != "\t" && $0 != "/" } }.map(String.init)
        #expect(Set(offered).isSubset(of: words), "\(line): \(result.output)")
      }
    }
  }
}
