import Campaign
import Foundation
import MirrorMMU
import Testing

/// What the command tells without running anything.
@Suite struct InformationTests {
  @Test(arguments: [["--help"], ["-h"], ["help"], ["run", "--help"], ["help", "run"]])
  func `help names every option of a run`(arguments: [String]) throws {
    let result = try StressCommand.run(arguments)
    #expect(result.status == 0)
    #expect(result.errors == "")
    for option in [
      "--threads", "--seconds", "--rounds", "--seed", "--protocol", "--mutant", "--policy", "--mix", "--busy",
      "--perturb", "--memory-gib", "--first-round", "--no-bridge", "--json", "--quiet", "--full", "EXAMPLES:",
      "EXIT CODES:",
    ] {
      #expect(result.output.contains(option), "\(option)")
    }
  }

  @Test(arguments: [["--help"], ["help"]])
  func `help has every subcommand with a line on what it does`(arguments: [String]) throws {
    let output = try StressCommand.run(arguments).output
    for command in [
      "run (default)", "explore", "replay", "minimize", "trace", "regress", "matrix", "diff", "kernel", "list",
    ] {
      #expect(
        output.contains(try Regex("\n  \(NSRegularExpression.escapedPattern(for: command)) +[A-Z]")), "\(command)")
    }
  }

  @Test(arguments: [
    (
      "explore",
      [
        "--threads", "--operations", "--scenario", "--strategy", "--schedules", "--seconds", "--seed", "--protocol",
        "--mutant", "--policy", "--jobs", "--shard", "--first-schedule", "--no-minimize", "--json", "--quiet", "--full",
      ]
    ),
    (
      "diff",
      [
        "--kernel-tree", "--bisect", "--episodes", "--seed", "--scenario", "--first-episode", "--threads",
        "--operations", "--mutant", "--jobs", "--keep-going", "--json", "--quiet",
      ]
    ),
    ("kernel doctor", ["<path>", "--compiler", "--no-build"]), ("kernel list", []), ("kernel clean", []),
    ("replay", ["<token|file>", "--trace", "--json", "--quiet", "--full"]),
    ("trace", ["<episode|token>", "--episode", "--scenario", "--kernel-tree", "--json", "--quiet", "--full"]),
    ("minimize", ["<token|file>", "--json", "--quiet", "--full"]), ("regress", ["<dir>"]),
    (
      "matrix",
      [
        "--quick", "--only", "--protocol", "--scenario", "--policy", "--mutant", "--seed", "--schedules", "--threads",
        "--jobs", "--minimize", "--no-minimize", "--expected", "--update", "--json", "--quiet",
      ]
    ),
  ])
  func `a subcommand's help names its options and has examples and exit codes`(
    command: String, options: [String]
  ) throws {
    let words = command.split(separator: " ").map(String.init)
    for arguments in [words + ["--help"], ["help"] + words] {
      let result = try StressCommand.run(arguments)
      #expect(result.status == 0)
      #expect(result.errors == "")
      for text in options + ["EXAMPLES:", "EXIT CODES:", "stress \(command)"] {
        #expect(result.output.contains(text), "\(text)")
      }
    }
  }

  @Test func `the version is one line`() throws {
    let result = try StressCommand.run(["--version"])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("stress 0.1.0") && result.output.hasSuffix("\n"))
    #expect(result.output.split(separator: "\n").count == 1)
  }

  /// Names are part of the interface: scripts and bug reports have them, so one that disappears is a mistake.
  @Test(arguments: [
    ("protocols", ProtocolName.allCases.map(\.rawValue)),
    ("alternatives", ProtocolName.allAlternatives.map(\.name)), ("mutants", Mutant.allCases.map(\.rawValue)),
    (
      "checkers",
      [
        "FRZ-1", "FRZ-2", "FRZ-3", "ORD-1", "ORD-2", "ORD-3", "ORD-4", "DUP-1", "EQ-1", "LCK-1", "LCK-2", "RCU-1",
        "CNT-1", "BUG-1", "TLB-1", "LIV-1",
      ]
    ),
    (
      "operations",
      [
        "fault", "fault-2m", "fast-fault", "zap", "unmap", "split", "split-exclusive", "recover", "nx-recover",
        "wrprot", "clear-dirty", "age", "convert", "invalidate",
      ]
    ),
    ("scenarios", ["all", "varied"] + ScenarioName.allCases.map(\.rawValue)),
    (
      "strategies",
      ["portfolio", "random-walk", "pos", "pct-2", "pct-3", "pct-4", "pct-changes-2", "pct-changes-3", "round-robin"]
    ),
  ])
  func `a list has one line for each name, with an explanation`(kind: String, names: [String]) throws {
    let result = try StressCommand.run(["list", kind])
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    let listed = lines.map { String($0.prefix { $0 != " " }) }
    #expect(Set(listed).isSuperset(of: names))
    #expect(Set(listed).count == listed.count)
    #expect(lines.allSatisfy { $0.split(separator: " ").count > 3 })
  }

  @Test func `the list of mutants tells which checkers catch each`() throws {
    let lines = try StressCommand.run(["list", "mutants"]).output.split(separator: "\n")
    for (mutant, line) in zip(Mutant.allCases, lines) {
      for checker in mutant.caughtBy { #expect(line.contains(checker.name)) }
    }
  }
}
