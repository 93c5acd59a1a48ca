import Foundation
import TestSupport
import Testing

/// `stress report`, and the same options on the commands that make a record.
@Suite struct ReportCommandTests {
  private static let mutant = ["explore", "--mutant", "thaw-first", "--seed", "3", "--quiet"]

  @Test func `a record shows again what was printed when it was made`() throws {
    try Scratch.use { scratch in
      let options = ["explore", "--mutant", "thaw-first", "--seed", "3", "--full", "--json", "record.json"]
      let made = try StressCommand.start(options, in: scratch).finish()
      #expect(made.status == 1)
      let shown = try StressCommand.start(["report", "record.json"], in: scratch).finish()
      #expect(shown.status == 0)
      #expect(shown.errors == "")
      #expect(shown.output == made.output)
    }
  }

  @Test func `a report is written beside the record, by the run and from the record alike`() throws {
    try Scratch.use { scratch in
      let options = Self.mutant + ["--json", "record.json", "--text", "made.txt"]
      let made = try StressCommand.start(options, in: scratch).finish()
      #expect(made.status == 1)
      let again = try StressCommand.start(["report", "record.json", "--text", "again.txt"], in: scratch).finish()
      #expect(again.status == 0)
      #expect(!scratch.text("made.txt").isEmpty)
      #expect(scratch.text("again.txt") == scratch.text("made.txt"))
    }
  }

  @Test func `a matrix has a record that can be shown again`() throws {
    try Scratch.use { scratch in
      let options = [
        "matrix", "--protocol", "mainline", "--policy", "4k", "--scenario", "fault-fault", "--schedules", "200",
      ]
      let made = try StressCommand.start(options + ["--json", "record.json"], in: scratch).finish()
      #expect(made.status == 0)
      let shown = try StressCommand.start(["report", "record.json"], in: scratch).finish()
      #expect(shown.output == made.output)
    }
  }

  @Test func `standard output takes one thing, and what is printed gives way to it`() throws {
    try Scratch.use { scratch in
      let result = try StressCommand.start(Self.mutant + ["--text", "-"], in: scratch).finish()
      #expect(result.output.contains("\nVerdict") || result.lastOutputLine.hasPrefix("FAIL ORD-2"))
      #expect(result.errors.contains("FAIL ORD-2"))
      let both = try StressCommand.start(Self.mutant + ["--text", "-", "--json", "-"], in: scratch).finish()
      #expect(both.status == 64)
      #expect(both.complaints == ["stress: error: --json and --text cannot both go to standard output"])
    }
  }

  @Test func `a report that cannot be written is refused before anything runs`() throws {
    let result = try StressCommand.run(Self.mutant + ["--text", "no/such/folder/report.txt"])
    #expect(result.status == 64)
    #expect(result.complaints.first?.contains("cannot write --text 'no/such/folder/report.txt'") == true)
    #expect(!result.errors.contains("seed 0x"))
  }

  @Test func `several forms are written at once`() throws {
    try Scratch.use { scratch in
      let names = ["markdown", "junit", "ktap", "perfetto"]
      let result = try StressCommand.start(Self.mutant + names.flatMap { ["--\($0)", $0] }, in: scratch).finish()
      #expect(result.status == 1)
      for (name, start) in zip(names, ["## ", "<?xml ", "KTAP version 1", "{"]) {
        #expect(scratch.text(name).hasPrefix(start))
      }
    }
  }

  @Test(.enabled(if: kunit != nil, "no kernel tree with tools/testing/kunit; scripts/kernel-tree 6.12 brings one"))
  func `a kernel's own parser reads KTAP as it is meant`() throws {
    let kunit = try #require(Self.kunit)
    try Scratch.use { scratch in
      _ = try StressCommand.start(Self.mutant + ["--ktap", "result.ktap"], in: scratch).finish()
      let parser = Process()
      let output = Pipe()
      parser.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      parser.arguments = ["python3", kunit, "parse", scratch.file("result.ktap")]
      parser.standardOutput = output
      try parser.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      parser.waitUntilExit()
      #expect(parser.terminationStatus == 1)
      #expect(text.contains("[FAILED] all ORD-2"))
      #expect(text.contains("[PASSED] all FRZ-1"))
      #expect(text.contains("failed: 1"))
      #expect(!text.contains("[ERROR]"))
    }
  }

  private static var kunit: String? {
    ["7.3", "7.2", "6.12"].compactMap(BroughtTrees.named).map { "\($0.path)/tools/testing/kunit/kunit.py" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  @Test func `two folders of records are compared, and something new exits 1`() throws {
    try Scratch.use { scratch in
      let clean = ["explore", "--schedules", "200", "--seed", "3", "--quiet"]
      for folder in ["monday", "tuesday"] {
        try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
        _ = try StressCommand.start(clean + ["--json", "\(folder)/clean.json"], in: scratch).finish()
        try scratch.write("{}", to: "\(folder)/status.json")
      }
      let same = try StressCommand.start(["report", "--compare", "monday", "tuesday"], in: scratch).finish()
      #expect(same.status == 0)
      #expect(same.lastOutputLine.hasPrefix("NOTHING NEW in 1 record,"))
      _ = try StressCommand.start(Self.mutant + ["--json", "tuesday/clean.json"], in: scratch).finish()
      let new = try StressCommand.start(["report", "--compare", "monday", "tuesday"], in: scratch).finish()
      #expect(new.status == 1)
      #expect(new.output.contains("- clean: ORD-2; stress replay "))
    }
  }

  @Test func `what was not compared decides the exit code, where nothing is new`() throws {
    try Scratch.use { scratch in
      let manager = FileManager.default
      let clean = ["explore", "--schedules", "64", "--seed", "3", "--quiet", "--json", "clean.json"]
      _ = try StressCommand.start(clean, in: scratch).finish()
      func night(_ name: String, _ parts: [String], status: String? = nil) throws {
        try manager.createDirectory(atPath: scratch.file(name), withIntermediateDirectories: true)
        for part in parts {
          try manager.copyItem(atPath: scratch.file("clean.json"), toPath: scratch.file("\(name)/\(part).json"))
        }
        if let status { try scratch.write(status, to: "\(name)/status.json") }
      }
      try night("whole", ["a", "b"], status: #"{"finished":true,"interrupted":false,"parts":[]}"#)
      try night("lacking", ["a"])
      try night("killed", ["a", "b"], status: #"{"finished":false,"interrupted":false,"parts":[]}"#)
      try night("other", ["c"])
      let canary = #"{"name":"canary-x","status":"harness fault","verdict":"PASS"}"#
      try night("lived", ["a", "b"], status: #"{"finished":true,"interrupted":false,"parts":[\#(canary)]}"#)
      try night("damaged", ["a", "b"], status: "{")
      let seen: [(String, Int32, String)] = [
        ("whole", 0, "NOTHING NEW in 2 records"), ("lacking", 130, "INCOMPLETE: nothing new in 1 record"),
        ("killed", 130, "INCOMPLETE: nothing new in 2 records"), ("other", 64, "NOTHING COMPARED in 0 records"),
        ("lived", 70, "HARNESS FAULT: 1 new fault in 2 records"), ("damaged", 64, ""),
      ]
      for (name, status, line) in seen {
        let result = try StressCommand.start(["report", "--compare", "whole", name], in: scratch).finish()
        #expect(result.status == status, "\(name)")
        #expect(result.lastOutputLine.hasPrefix(line), "\(name): \(result.lastOutputLine)")
      }
    }
  }

  @Test(arguments: [
    (["report"], "Missing expected argument"), (["report", "--compare", "a"], "--compare takes two"),
    (["report", "a", "b"], "one record at a time"),
  ])
  func `a wrong number of records is refused`(arguments: [String], message: String) throws {
    let result = try StressCommand.run(arguments)
    #expect(result.status == 64)
    #expect(result.errors.contains(message))
  }

  // MARK: What is no record

  @Test(arguments: [
    ("", "it is not valid JSON"), ("{", "it is not valid JSON"), ("[]", "it is not a JSON object"),
    ("null", "it is not a JSON object"), ("{\"schemaVersion\":1}", "engine is missing"),
    ("{\"schemaVersion\":7,\"engine\":\"soak\"}", "the record has schemaVersion 7, this version of stress reads 1"),
    ("{\"schemaVersion\":1,\"engine\":\"matrix\"}", "is missing"),
    (String(repeating: "[", count: 100_000), "it is not valid JSON"),
    ("{\"schemaVersion\":1,\"engine\":" + String(repeating: "{\"a\":", count: 100_000), "it is not valid JSON"),
  ])
  func `what is no record is refused in one line`(text: String, message: String) throws {
    try Scratch.use { scratch in
      try scratch.write(text, to: "record.json")
      let result = try StressCommand.start(["report", "record.json"], in: scratch).finish()
      #expect(result.status == 64)
      #expect(result.output == "")
      #expect(result.errorLines.count == 1)
      #expect(result.errors.contains(message))
    }
  }

  @Test func `a file that is too large to be a record is not read to its end`() throws {
    try Scratch.use { scratch in
      let path = scratch.file("record.json")
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      // Sparse: it takes no room.
      #expect(truncate(path, 1 << 30) == 0)
      let result = try StressCommand.start(["report", path], in: scratch).finish()
      #expect(result.status == 64)
      #expect(result.errors.contains("it is larger than 268435456 bytes"))
    }
  }

  @Test(arguments: ["no-such-file", "."])
  func `a file that cannot be read is named`(path: String) throws {
    let result = try StressCommand.run(["report", path])
    #expect(result.status == 64)
    #expect(result.complaints.first?.contains("cannot read the record '\(path)'") == true)
  }
}
