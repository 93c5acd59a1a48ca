import Campaign
import Foundation
import Testing

/// Small matrices of the command with the real engine.
@Suite(.serialized) struct MatrixCommandTests {
  static let clean = [
    "matrix", "--quick", "--protocol", "mainline", "--policy", "4k", "--scenario", "fault-fault", "--scenario", "busy",
    "--schedules", "64",
  ]
  static let busy =
    #"{"protocol":"mainline","policies":["4k"],"scenarios":["busy"],"outcome":"EQ-1","reason":"a test"}"#

  private func record(_ text: String) throws -> MatrixRecord {
    try JSONDecoder().decode(MatrixRecord.self, from: Data(text.utf8))
  }

  @Test func `cells as expected exit 0, with the fixed seed first and the verdict last`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(Self.clean + ["--json", scratch.file("m.json")], in: scratch).finish()
      #expect(result.status == 0)
      #expect(result.errors.hasPrefix("seed 0x0000000000000001\n"))
      #expect(result.lastOutputLine == "AS EXPECTED 2 cells")
      #expect(result.output.contains("fault-fault OK 64\nbusy        OK 64\n"))
      #expect(result.output.contains("sampled, not a proof"))
      let record = try record(scratch.text("m.json"))
      #expect(record.schemaVersion == 1 && record.engine == .matrix && record.quick)
      #expect(record.cells.map(\.scenario) == ["fault-fault", "busy"])
      #expect(record.mutants.isEmpty)
      #expect(scratch.failures.isEmpty)
    }
  }

  @Test func `with quiet only the verdict is left, and standard output may be the record's`() throws {
    let result = try StressCommand.run(Self.clean + ["--quiet", "--json", "-"])
    #expect(try record(result.output).cells.count == 2)
    #expect(result.errorLines.dropFirst() == ["AS EXPECTED 2 cells"])
  }

  @Test func `a cell that differs exits 1 and is told in one line with its command`() throws {
    try Scratch.use { scratch in
      try scratch.write(#"{"cells":[\#(Self.busy)],"mutants":[]}"#, to: "e.json")
      let arguments = Self.clean + ["--quiet", "--expected", scratch.file("e.json")]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 1)
      #expect(result.lastOutputLine == "DIFFERS 1 difference from what is expected of 2 cells")
      let lines = result.output.split(separator: "\n").filter { $0.contains("expected EQ-1, seen OK") }
      #expect(lines.count == 1)
      #expect(lines.first?.contains("protocol mainline, policy 4k, scenario busy") == true)
      #expect(lines.first?.contains("stress explore ") == true)
    }
  }

  @Test func `an update makes the next matrix as expected`() throws {
    try Scratch.use { scratch in
      let zap = Self.busy.replacingOccurrences(of: "busy", with: "fault-zap")
      try scratch.write(#"{"cells":[\#(Self.busy),\#(zap)],"mutants":[]}"#, to: "e.json")
      let arguments = Self.clean + ["--expected", scratch.file("e.json")]
      #expect(try StressCommand.start(arguments + ["--update"], in: scratch).finish().status == 0)
      let written = try MatrixExpectations(parsing: Array(scratch.text("e.json").utf8))
      #expect(written.cells.map(\.scenario) == ["fault-zap"])
      #expect(written.cells.map(\.reason) == ["a test"])
      #expect(try StressCommand.start(arguments, in: scratch).finish().status == 0)
      #expect(scratch.names == ["e.json"])
    }
  }

  @Test func `an update writes a file that was not there`() throws {
    try Scratch.use { scratch in
      let arguments = Self.clean + ["--update", "--expected", scratch.file("new.json")]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 0)
      let written = try MatrixExpectations(parsing: Array(scratch.text("new.json").utf8))
      #expect(written == MatrixExpectations())
    }
  }

  @Test func `a shown token replays to its checker`() throws {
    let result = try StressCommand.run(
      ["matrix", "--quick", "--protocol", "chokepoint+bug-on-shared", "--policy", "4k", "--scenario", "fault-fault"])
    let line = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("chokepoint+") })
    let token = try #require(line.split(separator: " ").last.map(String.init))
    let replayed = try StressCommand.run(["replay", "--quiet", token])
    #expect(replayed.status == 1)
    #expect(replayed.lastOutputLine.hasPrefix("REPRODUCED BUG-1"))
  }

  @Test func `a mutant alone runs no protocol, and one that another checker catches exits 1`() throws {
    try Scratch.use { scratch in
      try scratch.write(#"{"cells":[],"mutants":[{"mutant":"thaw-first","checkers":["LIV-1"]}]}"#, to: "e.json")
      let arguments = ["matrix", "--quick", "--mutant", "thaw-first", "--expected", scratch.file("e.json")]
      let result = try StressCommand.start(arguments, in: scratch).finish()
      #expect(result.status == 1)
      #expect(!result.output.contains("policy 4k"))
      #expect(result.output.contains("mutant thaw-first, strategy portfolio: expected LIV-1, seen ORD-2; "))
      #expect(result.output.contains("mutant thaw-first, threads: expected LIV-1, seen ORD-2; stress "))
    }
  }

  @Test func `a wrong expectations file names the place in one line`() throws {
    try Scratch.use { scratch in
      try scratch.write(
        #"{"cells":[\#(Self.busy.replacingOccurrences(of: "EQ-1", with: "EQ-9"))],"mutants":[]}"#, to: "e.json")
      let result = try StressCommand.start(Self.clean + ["--expected", scratch.file("e.json")], in: scratch).finish()
      #expect(result.status == 64)
      #expect(result.errorLines.count == 1)
      #expect(result.errors.contains("cells[0].outcome is 'EQ-9'"))
    }
  }

  @Test func `a full disk is told in one line, and the exit code is 70`() throws {
    let result = try StressCommand.run(Self.clean + ["--quiet", "--json", "/dev/full"])
    #expect(result.status == 70)
    #expect(result.complaints.count == 1)
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func `a signal ends the matrix with tables and record of what ran so far`(signal: Int32, status: Int32) throws {
    try Scratch.use { scratch in
      let arguments = Self.clean.dropLast() + ["1000000000000", "--json", scratch.file("m.json")]
      let command = try StressCommand.start(Array(arguments), in: scratch)
      #expect(command.waitUntilStarted())
      command.send(signal)
      let result = command.finish()
      #expect(result.status == status)
      #expect(result.lastOutputLine == "INTERRUPTED after 0 of 2 cells; no difference so far")
      #expect(try record(scratch.text("m.json")).interrupted)
      let left = try? FileManager.default.contentsOfDirectory(atPath: scratch.file(".stress/runs"))
      #expect(left == [])
    }
  }
}
