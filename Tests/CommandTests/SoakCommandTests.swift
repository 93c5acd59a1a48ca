import Campaign
import Foundation
import Testing

/// Whole runs of the command with the real engine: short ones, and none that depends on how fast they are.
@Suite(.serialized) struct SoakCommandTests {
  static let short = ["--threads", "2", "--rounds", "1", "--seed", "42"]
  static let endless = ["--threads", "2", "--seconds", "600", "--seed", "42"]

  private func record(_ text: String) throws -> RunRecord {
    try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8))
  }

  @Test func `a clean run prints its seed first and PASS last, and exits 0`() throws {
    let result = try StressCommand.run(Self.short)
    #expect(result.status == 0)
    #expect(result.errors.hasPrefix("seed 0x000000000000002a\n"))
    #expect(result.lastOutputLine.hasPrefix("PASS "))
    #expect(result.output.contains("seed 0x000000000000002a"))
  }

  @Test func `run is the default subcommand`() throws {
    #expect(try StressCommand.run(["run"] + Self.short).lastOutputLine.hasPrefix("PASS "))
  }

  @Test func `without a seed each run draws another one and prints it`() throws {
    let seeds = try (0..<2).map { _ in
      try StressCommand.run(["--threads", "1", "--rounds", "1"]).errorLines.first.map(String.init) ?? ""
    }
    #expect(seeds.allSatisfy { $0.wholeMatch(of: /seed 0x[0-9a-f]{16}/) != nil })
    #expect(seeds[0] != seeds[1])
  }

  @Test func `a quiet clean run prints the verdict line only`() throws {
    let result = try StressCommand.run(Self.short + ["--quiet"])
    #expect(result.output.split(separator: "\n").count == 1)
    #expect(result.output.hasPrefix("PASS "))
  }

  @Test func `the record holds the configuration that was asked for`() throws {
    try Scratch.use { scratch in
      let arguments =
        Self.short + [
          "--policy", "huge", "--busy", "12.5", "--perturb", "off", "--memory-gib", "2", "--json",
          scratch.file("r.json"),
        ]
      #expect(try StressCommand.start(arguments, in: scratch).finish().status == 0)
      let record = try record(scratch.text("r.json"))
      #expect(record.schemaVersion == RunRecord.currentSchemaVersion)
      #expect(record.seed == "0x000000000000002a")
      #expect(record.threads == 2)
      #expect(record.rounds == 1)
      #expect(record.policy == "huge")
      #expect(record.busyPercent == 12.5)
      #expect(record.perturb == "off")
      #expect(record.memoryGiB == 2)
      #expect(record.mutant == nil)
      #expect(record.verdict == .clean)
      #expect(scratch.names == ["r.json"])
    }
  }

  @Test func `a record replaces an older one and keeps its mode and the links to it`() throws {
    try Scratch.use { scratch in
      try Data("old".utf8).write(to: scratch.folder.appendingPathComponent("r.json"))
      chmod(scratch.file("r.json"), 0o640)
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file("link"), withDestinationPath: scratch.file("r.json"))
      #expect(try StressCommand.start(Self.short + ["--json", scratch.file("link")], in: scratch).finish().status == 0)
      #expect(try record(scratch.text("r.json")).verdict == .clean)
      var status = stat()
      #expect(stat(scratch.file("r.json"), &status) == 0)
      #expect(status.st_mode & 0o777 == 0o640)
      #expect(scratch.names == ["link", "r.json"])
    }
  }

  @Test func `with - the record is standard output and the report standard error`() throws {
    let result = try StressCommand.run(Self.short + ["--json", "-"])
    #expect(result.status == 0)
    #expect(try record(result.output).verdict == .clean)
    #expect(result.errors.contains("\nPASS "))
  }

  @Test func `a full disk is told in one line, the verdict is printed, the exit code is 70`() throws {
    let result = try StressCommand.run(Self.short + ["--json", "/dev/full"])
    #expect(result.status == 70)
    #expect(result.complaints.count == 1)
    #expect(result.errors.contains("No space left on device"))
    #expect(result.lastOutputLine.hasPrefix("PASS "))
  }

  @Test func `a report that cannot be written does not cost the record`() throws {
    try Scratch.use { scratch in
      let arguments = Self.short + ["--json", scratch.file("r.json")]
      let result = try StressCommand.start(arguments, in: scratch, output: "/dev/full").finish()
      #expect(result.status == 70)
      #expect(result.complaints.count == 1)
      #expect(try record(scratch.text("r.json")).verdict == .clean)
    }
  }

  @Test func `a violation exits 1 with FAIL and the command that runs the round again`() throws {
    try Scratch.use { scratch in
      let arguments = [
        "--threads", "8", "--seconds", "60", "--seed", "42", "--mutant", "no-freeze", "--quiet", "--json",
        scratch.file("r.json"),
      ]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 1)
      #expect(result.output.contains("run again: "))
      #expect(result.lastOutputLine.hasPrefix("FAIL "))
      let record = try record(scratch.text("r.json"))
      #expect(record.verdict == .violation)
      #expect(record.mutant == "no-freeze")
      #expect(!record.violations.isEmpty)
    }
  }

  @Test func `what threads found is repeated by a schedule in another process`() throws {
    try Scratch.use { scratch in
      let arguments = ["--threads", "8", "--seed", "42", "--mutant", "no-freeze", "--json", scratch.file("r.json")]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 1)
      let violation = try #require(try record(scratch.text("r.json")).violations.first)
      let reproduction = try #require(violation.reproduction)
      #expect(result.output.contains("\nreplay: stress replay \(reproduction.token)\n"))
      #expect(scratch.failures.count == 1)
      #expect(result.errors.contains("kept in .stress/failures/\(scratch.failures.first ?? "-")\n"))

      let replayed = try StressCommand.run(["replay", reproduction.token, "--json", "-"])
      #expect(replayed.status == 1)
      #expect(try record(replayed.output).violations.first?.checker == violation.checker)
      #expect(try record(replayed.output).replay?.eventHash == reproduction.eventHash)
    }
  }

  @Test func `with no-bridge no schedule is looked for`() throws {
    try Scratch.use { scratch in
      let arguments = ["--threads", "8", "--seed", "42", "--mutant", "no-freeze", "--no-bridge", "--json", "-"]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 1)
      #expect(try record(result.output).violations.first?.reproduction == nil)
      #expect(scratch.failures.isEmpty)
    }
  }

  @Test func `a violation keeps its exit code when the record cannot be written`() throws {
    let result = try StressCommand.run([
      "--threads", "8", "--seconds", "60", "--seed", "42", "--mutant", "no-freeze", "--json", "/dev/full",
    ])
    #expect(result.status == 1)
    #expect(result.complaints.count == 1)
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func `a signal ends the run with summary, record and its exit code`(signal: Int32, status: Int32) throws {
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
      #expect(scratch.names == ["r.json"])
    }
  }

  @Test func `a hang-up that is to be ignored is`() throws {
    try Scratch.use { scratch in
      let nohup = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]
      let command = try StressCommand.start(Self.endless, in: scratch, through: nohup)
      #expect(command.waitUntilStarted())
      command.send(SIGHUP)
      command.send(SIGTERM)
      #expect(command.finish().status == 143)
    }
  }

  @Test func `a run that is killed leaves the command that runs its round again, and nothing beside it`() throws {
    try Scratch.use { scratch in
      let command = try StressCommand.start(Self.endless, in: scratch)
      #expect(command.waitUntilStarted())
      let file = ".stress/runs/\(command.process).txt"
      while scratch.text(file).isEmpty { usleep(10_000) }
      command.send(SIGKILL)
      _ = command.finish()
      let lines = scratch.text(file).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 3 && lines[0].hasPrefix("# ") && lines[2].isEmpty)
      #expect(lines[1].hasPrefix("stress --threads 2 --seed 0x000000000000002a --rounds 1 --first-round 0"))
    }
  }

  @Test func `one request that arrives as two signals still writes the record`() throws {
    try Scratch.use { scratch in
      let command = try StressCommand.start(Self.endless + ["--json", scratch.file("r.json")], in: scratch)
      #expect(command.waitUntilStarted())
      command.send(SIGTERM)
      command.send(SIGTERM)
      #expect(command.finish().status == 143)
      #expect(try record(scratch.text("r.json")).interrupted)
    }
  }
}
