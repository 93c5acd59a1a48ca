import Foundation
import Testing

/// Bad input: one line that says what is allowed, exit code 64, and nothing is started.
@Suite struct UsageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var allowed: String

    init(_ arguments: String..., says allowed: String) {
      self.arguments = arguments
      self.allowed = allowed
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let numbers: [Case] = [
    Case("--threads", "0", says: "1...1024"), Case("--threads", "-1", says: "1...1024"),
    Case("--threads", "100000", says: "1...1024"), Case("--threads", "x", says: "1...1024"),
    Case("--threads=", says: "1...1024"), Case("--threads", "", says: "1...1024"),
    Case("--threads", says: "1...1024"), Case("--threads", "1025", says: "1...1024"),
    Case("--threads", "4.5", says: "1...1024"), Case("--threads", "99999999999999999999", says: "1...1024"),
    Case("--threads", "4\n5", says: "1...1024"),
    Case("--seconds", "0", says: "above 0"), Case("--seconds", "-1", says: "above 0"),
    Case("--seconds", "nan", says: "above 0"), Case("--seconds", "inf", says: "above 0"),
    Case("--seconds", "1e400", says: "above 0"), Case("--seconds", "604801", says: "up to 604800"),
    Case("--seconds", "0x10", says: "above 0"), Case("--seconds=", says: "up to 604800"),
    Case("--rounds", "0", says: "1..."), Case("--rounds", "-1", says: "1..."), Case("--rounds", "1.5", says: "1..."),
    Case("--first-round", "-1", says: "0..."), Case("--memory-gib", "0", says: "1...512"),
    Case("--memory-gib", "513", says: "1...512"),
    Case("--busy", "101", says: "0...99"), Case("--busy", "-0.1", says: "0...99"),
    Case("--busy", "nan", says: "0...99"), Case("--busy", "inf", says: "0...99"),
    Case("--busy", "x", says: "0...99"), Case("--busy", "100", says: "no operation can end"),
    Case("--seed", "x", says: "git hash"), Case("--seed", "-1", says: "git hash"), Case("--seed=", says: "git hash"),
    Case("--seed", "18446744073709551616", says: "from 0 to 18446744073709551615"),
    Case("--seed", "0x10000000000000000", says: "1 to 16 hexadecimal digits"),
    Case("--seconds", "1", "--rounds", "1", says: "--seconds and --rounds"),
  ]

  static let kernels: [Case] =
    [
      Case("explore", "--kernel-tree", "/", says: "not a Linux kernel tree"),
      Case("explore", "--kernel-tree", "/", "--mutant", "no-freeze", says: "excludes --protocol and --mutant"),
      Case("explore", "--kernel-tree", "/", "--protocol", "mainline", says: "excludes --protocol and --mutant"),
      Case("explore", "--kernel-tree", "/", "--policy", "huge-shared", says: "--kernel-tree takes 4k or huge"),
      Case("explore", "--kernel-tree", "/", "--scenario", "mirror-prune", says: "only the model"),
      Case("explore", "--kernel-tree", "/", "--scenario", "mirror-split", says: "add --policy huge"),
      Case("explore", "--plain-accesses", says: "--plain-accesses goes with --kernel-tree"),
      Case("explore", "--coverage", says: "--coverage counts lines of a kernel: it goes with --kernel-tree"),
      Case("explore", "--kernel-tree", "/", "--coverage", "--plain-accesses", says: "excludes --plain-accesses"),
      Case("exhaust", "--kernel-tree", "/", "--lcov", "x.info", says: "--coverage has counted: add that"),
      Case("run", "--lcov", "x.info", says: "--coverage has counted: add that"),
      Case("explore", "--check-data-races", says: "--check-data-races goes with --kernel-tree"),
      Case("explore", "--scenario", "dirty-logging", says: "add --kernel-tree"),
      Case("diff", "--kernel-tree", "/", "--scenario", "varied", says: "of which a comparison has one"),
      Case("run", "--mix", "fault=1,log-dirty=1", says: "explore --scenario dirty-logging"),
      Case("matrix", "--scenario", "suspect-eio", says: "fault-fault"),
      Case("regress", "--kernel-tree", "/nowhere", says: "'/nowhere' does not exist; give the top folder"),
      Case("explore", "--kernel-tree", "/dev/null", says: "'/dev/null' is a file; give the top folder"),
    ]
    + ["run", "explore", "matrix", "diff", "replay", "minimize", "regress"].map {
      Case($0, "--kernel-tree", "", says: "not an empty path")
    }

  static let names: [Case] = [
    Case("--protocol", "x", says: "mainline"), Case("--mutant", "x", says: "no-freeze, thaw-first"),
    Case("--mutant", "no-freze", says: "did you mean no-freeze"), Case("--mutant", "", says: "no-freeze"),
    Case("--policy", "8k", says: "4k, huge"), Case("--policy", "4K", says: "4k, huge"),
    Case("--perturb", "x", says: "off, light, heavy"),
    Case("--mix", "walk=1", says: "fault, fault-2m"), Case("--mix", "fault=1,fault=2", says: "each operation"),
    Case("--mix", "fault=-1", says: "0...1000000"), Case("--mix", "fault=x", says: "0...1000000"),
    Case("--mix", "fault=0", says: "more than 0"), Case("--mix", "fault=0,zap=0", says: "more than 0"),
    Case("--mix", "", says: "NAME=WEIGHT"), Case("--mix=", says: "name=weight"),
    Case("--mix", "fault", says: "NAME=WEIGHT"),
    Case("list", "x", says: "protocols, alternatives, mutants, checkers, operations, scenarios, strategies"),
    Case("list", says: "protocols, alternatives, mutants, checkers, operations, scenarios, strategies"),
    Case("list", "mutants", "x", says: "--help"),
    Case("stray", says: "no command 'stray'"), Case("--thread", "3", says: "--threads"),
    Case("--nonsense", says: "--help"),
    Case("run", "stray", says: "--help"),
  ]

  static let explore: [Case] = [
    Case("explore", "--threads", "0", says: "1...1024"), Case("explore", "--threads", "1025", says: "1...1024"),
    Case("explore", "--threads", "-3", says: "1...1024"), Case("explore", "--threads=", says: "1...1024"),
    Case("explore", "--operations", "0", says: "1...64"), Case("explore", "--operations", "65", says: "1...64"),
    Case("explore", "--operations", "x", says: "1...64"),
    Case("explore", "--scenario", "fault", says: "all, varied, fault-fault"),
    Case("explore", "--scenario", "fault-zip", says: "did you mean fault-zap"),
    Case("explore", "--scenario", "", says: "random, micro"),
    Case("explore", "--strategy", "pct", says: "portfolio, random-walk"),
    Case("explore", "--strategy", "pct-5", says: "did you mean"),
    Case("explore", "--schedules", "0", says: "1..."), Case("explore", "--schedules", "-1", says: "1..."),
    Case("explore", "--schedules", "1e6", says: "whole number"),
    Case("explore", "--schedules", "99999999999999999999", says: "1..."),
    Case("explore", "--seconds", "0", says: "above 0"), Case("explore", "--seconds", "nan", says: "above 0"),
    Case("explore", "--seconds", "604801", says: "up to 604800"),
    Case("explore", "--seconds", "1", "--schedules", "1", says: "--seconds and --schedules"),
    Case("explore", "--seed", "x", says: "git hash"), Case("explore", "--seed=", says: "git hash"),
    Case("explore", "--protocol", "x", says: "mainline"), Case("explore", "--policy", "2m", says: "4k, huge"),
    Case("explore", "--mutant", "thaw-frst", says: "did you mean thaw-first"),
    Case("explore", "--jobs", "0", says: "1...256"), Case("explore", "--jobs", "257", says: "1...256"),
    Case("explore", "--jobs", "-1", says: "1...256"),
    Case("explore", "--shard", "", says: "i/n"), Case("explore", "--shard=", says: "i/n"),
    Case("explore", "--shard", "1", says: "i/n"), Case("explore", "--shard", "0/3", says: "i/n"),
    Case("explore", "--shard", "4/3", says: "i/n"), Case("explore", "--shard", "1/0", says: "i/n"),
    Case("explore", "--shard", "/3", says: "i/n"), Case("explore", "--shard", "1/", says: "i/n"),
    Case("explore", "--shard", "1/2/3", says: "i/n"), Case("explore", "--shard", "-1/3", says: "i/n"),
    Case("explore", "--shard", "1/1000001", says: "i/n"), Case("explore", "--shard", " 1/3", says: "i/n"),
    Case("explore", "--first-schedule", "-1", says: "0..."),
    Case("explore", "--rounds", "1", says: "explore --help"), Case("explore", "stray", says: "explore --help"),
    Case("explore", "--json", "/nonexistent/record.json", says: "allowed is a file"),
    Case("explore", "--json", "--quiet", says: "file name"), Case("explore", "--no-minimise", says: "--no-minimize"),
  ]

  static let matrix: [Case] = [
    Case("matrix", "--only", "x", says: "protocols, mutants"), Case("matrix", "--policy", "x", says: "4k, huge"),
    Case("matrix", "--protocol", "x", says: "mainline"), Case("matrix", "--mutant", "lost-zip", says: "lost-zap"),
    Case("matrix", "--scenario", "micro", says: "fault-fault"),
    Case("matrix", "--scenario", "all", says: "fault-fault"),
    Case("matrix", "--jobs", "0", says: "1...256"), Case("matrix", "--threads", "0", says: "1...1024"),
    Case("matrix", "--schedules", "0", says: "1..."), Case("matrix", "--seed", "x", says: "git hash"),
    Case("matrix", "--update", says: "--expected FILE"), Case("matrix", "stray", says: "matrix --help"),
    Case("matrix", "--only", "protocols", "--mutant", "lost-zap", says: "--only protocols"),
    Case("matrix", "--only", "mutants", "--policy", "4k", says: "--only mutants"),
    Case("matrix", "--expected", "/nonexistent.json", says: "No such file"),
    Case("matrix", "--expected", "/dev/null", says: "not valid JSON"),
    Case("matrix", "--expected", "/dev/zero", says: "larger than"),
    Case("matrix", "--json", "/nonexistent/record.json", says: "allowed is a file"),
    Case("matrix", "--update", "--expected", "/nonexistent/e.json", says: "allowed is a file"),
  ]

  static let kernel: [Case] = [
    Case("kernel", says: "doctor, mutate, list, clean"), Case("kernel", "x", says: "no command 'x'"),
    Case("kernel", "doctor", says: "<path>"), Case("kernel", "doctor", "", says: "does not exist"),
    Case("kernel", "doctor", "/", says: "no Makefile"), Case("kernel", "doctor", "/dev/null", says: "is a file"),
    Case("kernel", "doctor", "a", "b", says: "doctor --help"),
    Case("kernel", "doctor", "/", "--compiler", "icc", says: "clang, gcc, both"),
    Case("kernel", "doctor", "/", "--compiler=", says: "clang, gcc, both"),
    Case("kernel", "list", "x", says: "list --help"), Case("kernel", "clean", "x", says: "clean --help"),
    Case("kernel", "clean", "--force", says: "clean --help"),
  ]

  static let tokens: [Case] =
    ["replay", "minimize"].flatMap { command in
      [
        Case(command, says: "token|file"),
        Case(command, "x", says: "m1: or m2: for the model, k1: or k2: for a kernel"),
        Case(command, "", says: "k1:"),
        Case(command, "m1:", says: "damaged"), Case(command, "m1:AQEA", says: "damaged"),
        Case(command, "m1:ä", says: "damaged"), Case(command, "m3:AQEA", says: "m3"),
        Case(command, ".stress/failures/ORD-2-0.txt", says: "No such file"), Case(command, ".", says: "directory"),
        Case(command, "/dev/null", says: "holds no token"), Case(command, "/dev/zero", says: "larger than"),
        Case(command, "m1:AQEA", "stray", says: "\(command) --help"),
        Case(command, "m1:AQEA", "--seed", "1", says: "\(command) --help"),
        Case(command, String(repeating: "x", count: 10_000), says: "neither"),
      ]
    } + [
      Case("minimize", "m1:AQEA", "--trace", says: "minimize --help"),
      Case("replay", "stress", "replay", "m1:AQEA", says: "damaged"),
      Case("replay", "replay: stress replay m1:AQEA --kernel-tree linux", says: "damaged"),
      Case("replay", "please replay m1:AQEA", says: "neither"),
      Case("regress", "nope", says: "'nope' does not exist"), Case("regress", "/proc/self/net/..", says: "no failure"),
      Case("regress", "a", "b", says: "regress --help"), Case("regress", "--json", "x", says: "regress --help"),
      Case("regress", "/dev/null", says: "Not a directory"),
    ]

  static let files: [Case] = [
    Case("--json", "", says: "file name"), Case("--json=", says: "standard output"), Case("--json", says: "FILE"),
    Case("--json", "--quiet", says: "file name"), Case("--json", "/", says: "allowed is a file"),
    Case("--json", "/nonexistent/record.json", says: "allowed is a file"),
    Case("--json", "/dev/null/record.json", says: "allowed is a file"),
    Case("--json", "/proc/record.json", says: "allowed is a file"),
    Case("--json", "one", "--text", "./one", says: "--json and --text name one file"),
    Case("report", "x", "--text", "one", "--html", "one", says: "--text and --html name one file"),
  ]

  private static let all =
    "allowed: run, explore, replay, minimize, trace, regress, matrix, diff, exhaust, series, report, merge, kernel"

  static let commands: [Case] = [
    Case("nonsense", says: "'stress' has no command 'nonsense'; \(all)"),
    Case("exlore", "--seed", "1", says: "(did you mean explore?)"),
    Case("help", "nonsense", says: "'stress' has no command 'nonsense'; \(all)"),
    Case("help", "exlore", says: "(did you mean explore?)"),
    Case("help", "explore", "nonsense", says: "'stress explore' has no command 'nonsense'; it has none"),
    Case("help", "kernel", "doctr", says: "allowed: doctor, mutate, list, clean (did you mean doctor?)"),
    Case("kernel", "doctr", says: "'stress kernel' has no command 'doctr'; allowed: doctor, mutate, list, clean"),
    Case("--seconds", "1", "explore", says: "a command stands before its options, as in 'stress explore --help'"),
  ]

  @Test func `help of what there is still prints it`() throws {
    for words in [["help"], ["help", "explore"], ["help", "kernel", "doctor"], ["help", "kernel"]] {
      let result = try StressCommand.run(words)
      #expect(result.status == 0 && result.output.hasPrefix("OVERVIEW: ") && result.errors == "", "\(words)")
    }
  }

  @Test(arguments: numbers + kernels + names + explore + matrix + kernel + tokens + files + commands)
  func `bad input is refused in one line that says what is allowed`(bad: Case) throws {
    let result = try StressCommand.run(bad.arguments)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("stress: error: "))
    #expect(result.errors.contains(bad.allowed), "\(result.errors)")
  }

  @Test func `a refused run leaves an existing record as it was`() throws {
    try Scratch.use { scratch in
      try Data("precious".utf8).write(to: scratch.folder.appendingPathComponent("record.json"))
      let arguments = ["--json", scratch.file("record.json"), "--threads", "0"]
      #expect(try StressCommand.start(arguments, in: scratch).finish().status == 64)
      #expect(scratch.text("record.json") == "precious")
      #expect(scratch.names == ["record.json"])
    }
  }

  @Test func `a record over a link that leads nowhere is refused`() throws {
    try Scratch.use { scratch in
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file("link"), withDestinationPath: scratch.file("gone/record.json"))
      let result = try StressCommand.start(["--json", scratch.file("link")], in: scratch).finish()
      #expect(result.status == 64)
      #expect(result.errorLines.count == 1)
      #expect(scratch.names == ["link"])
    }
  }
}
