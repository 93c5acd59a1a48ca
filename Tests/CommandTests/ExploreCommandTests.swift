import Campaign
import Foundation
import MirrorMMU
import Testing

/// Whole campaigns of the command with the real engine: short ones, and none that depends on how fast they are.
@Suite(.serialized) struct ExploreCommandTests {
  static let short = ["explore", "--schedules", "300", "--seed", "42"]
  static let endless = ["explore", "--schedules", "1000000000000", "--seed", "42"]
  static let broken = ["explore", "--seed", "7", "--mutant", "thaw-first"]

  private func record(_ text: String) throws -> RunRecord {
    try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8))
  }

  /// The record but for what may depend on time and machine.
  private func withoutTiming(_ text: String) throws -> Data {
    var object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object.removeValue(forKey: "timing") != nil)
    return try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted])
  }

  @Test func `a clean campaign prints its seed first and PASS last, and exits 0`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(Self.short + ["--json", scratch.file("r.json")], in: scratch).finish()
      #expect(result.status == 0)
      #expect(result.errors.hasPrefix("seed 0x000000000000002a\n"))
      #expect(result.lastOutputLine.hasPrefix("PASS sampled: 300 schedules, "))
      #expect(result.lastOutputLine.hasSuffix("; not a proof"))
      #expect(scratch.names == ["r.json"])
      #expect(scratch.failures.isEmpty)
    }
  }

  @Test func `without a seed each campaign draws another one and prints it`() throws {
    let seeds = try (0..<2).map { _ in
      try StressCommand.run(["explore", "--schedules", "1"]).errorLines.first.map(String.init) ?? ""
    }
    #expect(seeds.allSatisfy { $0.wholeMatch(of: /seed 0x[0-9a-f]{16}/) != nil })
    #expect(seeds[0] != seeds[1])
  }

  @Test func `a quiet clean campaign prints the verdict line only`() throws {
    let result = try StressCommand.run(Self.short + ["--quiet"])
    #expect(result.output.split(separator: "\n").count == 1)
    #expect(result.output.hasPrefix("PASS "))
  }

  @Test func `the record holds the configuration that was asked for`() throws {
    let result = try StressCommand.run(
      Self.short + [
        "--threads", "4", "--operations", "2", "--scenario", "fault-zap", "--strategy", "pct-3", "--policy", "huge",
        "--jobs", "1", "--json", "-",
      ])
    #expect(result.status == 0)
    let record = try record(result.output)
    #expect(record.engine == .explore)
    #expect(record.seed == "0x000000000000002a")
    #expect(record.threads == 4)
    #expect(record.policy == "huge")
    #expect(record.mutant == nil)
    #expect(record.verdict == .clean)
    let exploration = try #require(record.exploration)
    #expect(exploration.schedules == 300)
    #expect(exploration.operationsPerThread == 2)
    #expect(exploration.scenario == "fault-zap")
    #expect(exploration.strategy == "pct-3")
    #expect(exploration.shard == nil)
    #expect(exploration.schedulePoints > exploration.schedules)
    #expect((1...300).contains(exploration.distinctSchedules))
    #expect(result.errors.contains("\nPASS "))
  }

  @Test func `all is the name of the default scenario`() throws {
    let records = try [[], ["--scenario", "all"]].map { options in
      try withoutTiming(StressCommand.run(Self.short + ["--json", "-"] + options).output)
    }
    #expect(records[0] == records[1])
  }

  @Test(arguments: [
    ["--threads", "3", "--schedules", "3000", "--seed", "7"],
    ["--scenario", "micro", "--schedules", "20000", "--seed", "7"],
    ["--mutant", "lost-zap", "--seed", "7"],
  ])
  func `one job and two give the same record but for timing`(options: [String]) throws {
    let records = try ["1", "2"].map { jobs in
      let result = try StressCommand.run(["explore", "--jobs", jobs, "--json", "-"] + options)
      #expect(result.status == (options.contains("--mutant") ? 1 : 0))
      return try withoutTiming(result.output)
    }
    #expect(records[0] == records[1])
  }

  @Test func `shards run the schedules of the campaign between them`() throws {
    let parts = try (1...3).map { part in
      let result = try StressCommand.run(Self.short + ["--shard", "\(part)/3", "--json", "-"])
      let exploration = try #require(try record(result.output).exploration)
      #expect(exploration.shard == "\(part)/3")
      return exploration.schedules
    }
    #expect(parts.allSatisfy { $0 > 0 })
    #expect(parts.reduce(0, +) == 300)
  }

  /// The promise of the tool: what it prints is what another person sees.
  @Test(arguments: Mutant.allCases)
  func `the printed replay command shows the same violation in a fresh process`(mutant: Mutant) throws {
    try Scratch.use { scratch in
      let found = try StressCommand.start(
        [
          "explore", "--seed", "7", "--mutant", mutant.rawValue, "--policy", mutant.policy.rawValue, "--json",
          scratch.file("r.json"),
        ], in: scratch
      ).finish()
      #expect(found.status == 1)
      #expect(found.lastOutputLine.hasPrefix("FAIL "))
      let violation = try #require(try record(scratch.text("r.json")).violations.first)
      let reproduction = try #require(violation.reproduction)
      #expect(mutant.caughtBy.map(\.name).contains(violation.checker))
      #expect(reproduction.verified == 3)

      let line = try #require(found.output.split(separator: "\n").first { $0.hasPrefix("replay: stress ") })
      let words = line.split(separator: " ").dropFirst(2).map(String.init)
      let replayed = try StressCommand.run(words + ["--json", "-"])
      #expect(replayed.status == 1)
      let again = try record(replayed.output)
      let replay = try #require(again.replay)
      #expect(again.mutant == mutant.rawValue)
      #expect(again.violations.count == 1)
      #expect(again.violations.first?.checker == violation.checker)
      #expect(again.violations.first?.expected == violation.expected)
      #expect(again.violations.first?.seen == violation.seen)
      #expect(replay.eventHash == reproduction.eventHash)
      #expect(replay.size == reproduction.minimized)
      #expect(replay.interleaving == reproduction.interleaving)
      #expect(replayed.errors.contains("\nREPRODUCED \(violation.checker), event hash \(reproduction.eventHash)\n"))
    }
  }

  @Test func `a failure is kept in a file that regress finds`() throws {
    try Scratch.use { scratch in
      let found = try StressCommand.start(Self.broken, in: scratch).finish()
      #expect(found.status == 1)
      let names = scratch.failures
      #expect(names.count == 1)
      let name = try #require(names.first)
      #expect(name.hasPrefix("ORD-2-"))
      #expect(found.errors.contains("kept in .stress/failures/\(name)\n"))

      let regressed = try StressCommand.start(["regress"], in: scratch).finish()
      #expect(regressed.status == 1)
      #expect(regressed.output == "\(name)  still fails (mutant thaw-first)\n1 replayed, 0 fixed, 1 still fails\n")
    }
  }

  @Test func `a failure that cannot be kept is told and still reported`() throws {
    try Scratch.use { scratch in
      try scratch.write("", to: ".stress")
      let found = try StressCommand.start(Self.broken, in: scratch).finish()
      #expect(found.status == 1)
      #expect(found.errors.contains("not kept"))
      #expect(found.output.contains("\nreplay: stress replay m1:"))
    }
  }

  @Test func `the run-again command of a failure meets it again`() throws {
    let first = try StressCommand.run(Self.broken + ["--json", "-"])
    let violation = try #require(try record(first.output).violations.first)
    let words = violation.command.split(separator: " ").map(String.init)
    #expect(words.first == "stress")
    let again = try StressCommand.run(Array(words.dropFirst()) + ["--json", "-"])
    #expect(again.status == 1)
    #expect(try record(again.output).violations.first == violation)
  }

  @Test func `with no-minimize a failure is reported as it was found`() throws {
    let result = try StressCommand.run(Self.broken + ["--no-minimize", "--json", "-"])
    #expect(result.status == 1)
    #expect(result.errors.contains("not minimised"))
    let reproduction = try #require(try record(result.output).violations.first?.reproduction)
    #expect(reproduction.minimized == nil)
    #expect(reproduction.minimizingExecutions == 0)
    #expect(reproduction.verified == 3)
  }

  @Test func `full shows the steps that do not matter`() throws {
    let brief = try StressCommand.run(Self.broken)
    let full = try StressCommand.run(Self.broken + ["--full"])
    #expect(brief.output.contains("--full shows"))
    #expect(!full.output.contains("--full shows"))
    #expect(full.output.count > brief.output.count)
  }

  @Test func `a violation keeps its exit code when the record cannot be written`() throws {
    let result = try StressCommand.run(Self.broken + ["--json", "/dev/full"])
    #expect(result.status == 1)
    #expect(result.complaints.count == 1)
  }

  @Test func `a full disk is told in one line, the verdict is printed, the exit code is 70`() throws {
    let result = try StressCommand.run(Self.short + ["--json", "/dev/full"])
    #expect(result.status == 70)
    #expect(result.complaints.count == 1)
    #expect(result.lastOutputLine.hasPrefix("PASS "))
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func `a signal ends the campaign with summary, record and its exit code`(signal: Int32, status: Int32) throws {
    try Scratch.use { scratch in
      let command = try StressCommand.start(Self.endless + ["--json", scratch.file("r.json")], in: scratch)
      #expect(command.waitUntilStarted())
      command.send(signal)
      let result = command.finish()
      #expect(result.status == status)
      #expect(result.lastOutputLine.hasPrefix("INTERRUPTED "))
      #expect(result.complaints.isEmpty)
      let record = try record(scratch.text("r.json"))
      #expect(record.interrupted)
      #expect(record.verdict == .clean)
      #expect(record.exploration != nil)
    }
  }
}
