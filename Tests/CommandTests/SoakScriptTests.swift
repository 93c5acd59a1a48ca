import Campaign
import Foundation
import Testing

/// `scripts/soak`, as a CI job runs it: what a night leaves, and that it can fail.
@Suite(.serialized, .waitsForProcesses) struct SoakScriptTests {
  private struct Status: Decodable {
    struct Part: Decodable {
      var name: String
      var status: String
      var exit: Int32?
      var files: [String]
    }

    var exit: Int32?
    var finished: Bool
    var interrupted: Bool
    var parts: [Part]

    func part(_ name: String) -> Part? { parts.first { $0.name == name } }
  }

  private static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("scripts/soak")

  private func start(_ arguments: [String], in scratch: Scratch) throws -> Process {
    let process = Process()
    process.executableURL = Self.script
    process.arguments = arguments
    process.currentDirectoryURL = scratch.folder
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["STRESS": try #require(StressCommand.executablePath), "XDG_CACHE_HOME": scratch.file("no-trees")]
    ) { $1 }
    let log = scratch.file("log")
    try scratch.write("", to: "log")
    process.standardOutput = FileHandle(forWritingAtPath: log)
    process.standardError = process.standardOutput
    try process.run()
    return process
  }

  private func run(_ arguments: [String], in scratch: Scratch) throws -> Int32 {
    let process = try start(arguments, in: scratch)
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func status(in scratch: Scratch, _ folder: String = "soak") throws -> Status {
    try JSONDecoder().decode(Status.self, from: Data(scratch.text("\(folder)/status.json").utf8))
  }

  private func record(_ name: String, in scratch: Scratch, _ folder: String = "soak") throws -> RunRecord {
    try JSONDecoder().decode(RunRecord.self, from: Data(scratch.text("\(folder)/\(name).json").utf8))
  }

  // MARK: What is left

  @Test func `a clean night leaves a record and its reports for each part, and a page`() throws {
    try Scratch.use { scratch in
      let parts = ["canary-lost-zap", "canary-threads", "threads-2-4k", "explore-huge"].flatMap { ["--only", $0] }
      #expect(try run(["--minutes", "0.05"] + parts, in: scratch) == 0)
      let status = try status(in: scratch)
      #expect(status.finished && !status.interrupted && status.exit == 0)
      #expect(status.parts.map(\.status) == ["passed", "passed", "passed", "passed"])
      #expect(try record("threads-2-4k", in: scratch).engine == .soak)
      #expect(try record("explore-huge", in: scratch).policy == "huge")
      for name in try #require(status.part("explore-huge")).files {
        #expect(!scratch.text("soak/\(name)").isEmpty)
      }
      let page = scratch.text("soak/summary.md")
      #expect(page.hasPrefix("# Soak: clean\n"))
      #expect(page.contains("2 canaries failed as they must: lost-zap, threads."))
      // A canary's failure is none to keep.
      #expect(!FileManager.default.fileExists(atPath: scratch.file(".stress/failures")))
    }
  }

  @Test func `a canary that lives fails the night with 70`() throws {
    try Scratch.use { scratch in
      let code = try run(["--disarm", "lost-zap", "--only", "canary-lost-zap"], in: scratch)
      #expect(code == 70)
      let status = try status(in: scratch)
      #expect(status.part("canary-lost-zap")?.status == "harness fault")
      #expect(scratch.text("soak/summary.md").hasPrefix("# Soak: the harness is at fault"))
    }
  }

  @Test func `a kept failure that still fails fails the night, and one of a mutant does not`() throws {
    try Scratch.use { scratch in
      let mutant = ["explore", "--mutant", "thaw-first", "--seed", "3", "--no-minimize"]
      _ = try StressCommand.start(mutant, in: scratch).finish()
      #expect(try run(["--only", "regressions"], in: scratch) == 0)
      #expect(try status(in: scratch).parts.map(\.status) == ["skipped"])
      let broken = ["explore", "--protocol", "chokepoint", "--scenario", "random", "--seed", "1"]
      #expect(try StressCommand.start(broken, in: scratch).finish().status == 1)
      #expect(try run(["--only", "regressions"], in: scratch) == 1)
      #expect(scratch.text("soak/summary.md").contains("1 replayed, 0 fixed, 1 still fails"))
    }
  }

  // MARK: Interrupted

  private func interrupt(_ signal: Int32, in scratch: Scratch) throws -> Process {
    let process = try start(["--minutes", "600", "--only", "threads-2-"], in: scratch)
    while !scratch.text("soak/logs/threads-2-4k.txt").contains("seed 0x") && process.isRunning { usleep(20_000) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process
  }

  @Test func `a signal lets the part that runs write its record, and leaves out the rest`() throws {
    try Scratch.use { scratch in
      let process = try interrupt(SIGTERM, in: scratch)
      #expect(process.terminationStatus == 143)
      #expect(try record("threads-2-4k", in: scratch).interrupted)
      let status = try status(in: scratch)
      #expect(status.interrupted && status.finished)
      #expect(status.parts.map(\.status) == ["interrupted", "not run"])
    }
  }

  @Test func `a night that is killed leaves a valid status, and its part a record`() throws {
    try Scratch.use { scratch in
      let process = try interrupt(SIGKILL, in: scratch)
      #expect(process.terminationReason == .uncaughtSignal)
      let status = try status(in: scratch)
      #expect(!status.finished)
      #expect(status.parts.map(\.status) == ["not run", "not run"])
      // The part has been asked to end, and is somebody else's child by then.
      while scratch.text("soak/threads-2-4k.json").isEmpty { usleep(20_000) }
      #expect(try record("threads-2-4k", in: scratch).interrupted)
    }
  }

  // MARK: Shards

  @Test func `the folders of a night's shards become one`() throws {
    try Scratch.use { scratch in
      for shard in 1...2 {
        let options = ["--minutes", "0.03", "--seed", "0x7", "--only", "explore-4k", "--only", "canary-lost-zap"]
        #expect(try run(options + ["--shard", "\(shard)/2", "--out", "soak-\(shard)"], in: scratch) == 0)
      }
      #expect(try run(["--collect", "soak-1", "soak-2", "--out", "night"], in: scratch) == 0)
      let counts = try (1...2).map {
        try #require(try record("explore-4k", in: scratch, "soak-\($0)").exploration).schedules
      }
      let whole = try record("explore-4k", in: scratch, "night")
      #expect(whole.exploration?.schedules == counts.reduce(0, +))
      #expect(whole.exploration?.shard == nil)
      let names = try status(in: scratch, "night").parts.map(\.name)
      #expect(names.contains("all shards explore-4k"))
      #expect(names.contains("shard-2-of-2 explore-4k"))
    }
  }

  // MARK: Bad usage

  @Test(arguments: [
    ["--minutes", "0"], ["--minutes", "night"], ["--shard", "3/2"], ["--only", "nothing"], ["--disarm", "nothing"],
    ["--collect", "nowhere"], ["--nonsense"],
  ])
  func `bad usage is told in one line`(arguments: [String]) throws {
    try Scratch.use { scratch in
      let code = try run(arguments, in: scratch)
      #expect(code == 64)
      #expect(scratch.text("log").split(separator: "\n").count == 1)
      #expect(scratch.text("log").hasPrefix("soak: error: "))
    }
  }
}
