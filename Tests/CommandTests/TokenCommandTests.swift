import Campaign
import Foundation
import Testing

/// `replay`, `minimize` and `regress`: from a token, or a file with one, to a verdict.
@Suite(.serialized) struct TokenCommandTests {
  private func record(_ text: String) throws -> RunRecord {
    try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8))
  }

  // MARK: replay

  @Test func `a token and the file that holds it give the same report and exit 1`() throws {
    try Scratch.use { scratch in
      let token = try Explored.micro()
      let path = try FailureArchive(directory: scratch.file("kept")).store(token)
      let typed = try StressCommand.start(["replay", token.text], in: scratch).finish()
      let read = try StressCommand.start(["replay", path], in: scratch).finish()
      #expect(typed.status == 1)
      #expect(typed.errors == "")
      #expect(typed.lastOutputLine.hasPrefix("REPRODUCED \(token.checker.name), event hash 0x"))
      #expect(read.status == 1)
      #expect(read.output == typed.output)
    }
  }

  @Test func `what was copied with a token is understood, in a file too`() throws {
    try Scratch.use { scratch in
      let token = try Explored.micro().text
      let line = "replay: stress replay \(token) --kernel-tree linux"
      try scratch.write("> Hello,\n> it fails so:\n\n\(line)\nverified 3/3\n", to: "mail.txt")
      let forms = [[line], ["mail.txt"], ["stress", "replay", token], ["replay:", "scripts/stress", "replay", token]]
      for words in forms {
        #expect(try StressCommand.start(["replay"] + words, in: scratch).finish().status == 1, "\(words)")
      }
    }
  }

  @Test func `a file in the way is taken before a token of that name`() throws {
    try Scratch.use { scratch in
      let token = try Explored.micro().text
      // Below the limit on the length of a file's name.
      let name = String(token.prefix(40))
      try scratch.write(token + "\n", to: name)
      #expect(try StressCommand.start(["replay", name], in: scratch).finish().status == 1)
    }
  }

  @Test(arguments: [["--json", "-"], ["--json", "-", "--trace"]])
  func `a schedule that breaks no rule exits 0, and is shown where asked for`(options: [String]) throws {
    let token = try Explored.mended()
    let result = try StressCommand.run(["replay", token.text] + options)
    #expect(result.status == 0)
    #expect(result.errors.contains("\nNOT REPRODUCED \(token.checker.name): "))
    #expect(result.errors.contains("\nInterleaving") == options.contains("--trace"))
    let record = try record(result.output)
    #expect(record.verdict == .clean)
    #expect(record.engine == "replay")
    let replay = try #require(record.replay)
    #expect(replay.token == token.text)
    #expect(replay.expectedChecker == token.checker.name)
    #expect((replay.interleaving != nil) == options.contains("--trace"))
  }

  @Test func `a schedule that cannot be followed exits 70 and says at which step it parted`() throws {
    let result = try StressCommand.run(["replay", try Explored.parted().text])
    #expect(result.status == 70)
    #expect(result.output.contains("harness fault: "))
    #expect(result.output.contains(/step \d+/))
    #expect(result.lastOutputLine.hasPrefix("HARNESS FAULT "))
  }

  @Test(arguments: ["replay", "minimize"])
  func `a damaged token is refused in one line, wherever it stands`(command: String) throws {
    try Scratch.use { scratch in
      var bytes = Array(try Explored.micro().text.utf8)
      bytes[10] = bytes[10] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let damaged = String(decoding: bytes, as: UTF8.self)
      try scratch.write("# a comment\n\(damaged)\n", to: "failure.txt")
      let short = String(try Explored.micro().text.dropLast())
      for argument in [damaged, short, scratch.file("failure.txt")] {
        let arguments = [command, argument, "--json", scratch.file("r.json")]
        let result = try StressCommand.start(arguments, in: scratch).finish()
        #expect(result.status == 64)
        #expect(result.output == "")
        #expect(result.errorLines.count == 1)
        #expect(result.complaints.count == 1)
        #expect(result.errors.contains("damaged"))
        #expect(scratch.names == ["failure.txt"])
      }
    }
  }

  // MARK: minimize

  @Test func `minimizing gives a smaller token of the same rule that replays`() throws {
    let token = try Explored.unminimized()
    let result = try StressCommand.run(["minimize", token.text, "--json", "-"])
    #expect(result.status == 1)
    #expect(result.errors.contains("\nMINIMISED \(token.checker.name): "))
    let record = try record(result.output)
    #expect(record.engine == "minimize")
    let violation = try #require(record.violations.first)
    #expect(violation.checker == token.checker.name)
    let reproduction = try #require(violation.reproduction)
    let size = try #require(reproduction.minimized)
    #expect(size.operations < reproduction.found.operations)
    #expect(size.preemptions < reproduction.found.preemptions)
    #expect(reproduction.isMinimal)
    #expect(try StressCommand.run(["replay", reproduction.token]).status == 1)
  }

  @Test func `a kept failure is replaced by what it was minimised to, another file is not`() throws {
    try Scratch.use { scratch in
      let token = try Explored.unminimized()
      let comment = "found by: stress explore --mutant stay-frozen"
      let path = try FailureArchive(directory: scratch.file("kept")).store(token, comments: [comment])
      try scratch.write("# mine\n\(token.text)\n", to: "mine.txt")
      let result = try StressCommand.start(["minimize", path, "--json", "r.json"], in: scratch).finish()
      #expect(result.status == 1)
      let left = try FailureArchive(directory: scratch.file("kept")).list()
      let smaller = try record(scratch.text("r.json")).violations.first?.reproduction?.token
      let kept = try #require(left.first)
      #expect(left.count == 1 && kept.path != path)
      #expect(try FailureArchive.read(kept.path).text == smaller)
      #expect(scratch.text("kept/\(kept.name)").contains("# \(comment)\n"))
      #expect(result.errors.contains("stress: kept in \(kept.path)\n"))

      _ = try StressCommand.start(["minimize", "mine.txt", "--quiet"], in: scratch).finish()
      #expect(scratch.text("mine.txt") == "# mine\n\(token.text)\n")
      #expect(scratch.names == ["kept", "mine.txt", "r.json"])
    }
  }

  @Test func `a token that breaks no rule has nothing to minimise`() throws {
    let result = try StressCommand.run(["minimize", try Explored.mended().text])
    #expect(result.status == 0)
    #expect(result.lastOutputLine.hasPrefix("NOT REPRODUCED"))
  }

  // MARK: regress

  /// Stores the tokens, writes the texts to files beside them, and replays the folder.
  private func regress(_ tokens: [Token], _ texts: [String] = []) throws -> StressCommand.Result {
    try Scratch.use { scratch in
      let archive = FailureArchive(directory: scratch.file("kept"))
      for token in tokens { try archive.store(token) }
      for (index, text) in texts.enumerated() { try scratch.write(text, to: "kept/z\(index).txt") }
      return try StressCommand.start(["regress", scratch.file("kept")], in: scratch).finish()
    }
  }

  private static let proven =
    "fixed, no interleaving of its episode fails, with at most 1 BUSY or yield a thread"

  @Test func `what breaks no rule is fixed, and all fixed exits 0`() throws {
    let token = try Explored.mended()
    let result = try regress([token])
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output == "\(FailureArchive.name(of: token))  \(Self.proven)\n1 replayed, 1 fixed\n")
  }

  @Test func `one failure that is left exits 1`() throws {
    var mended = try Explored.mended()
    // Another name than the failing one's.
    mended.eventHash ^= 1
    let result = try regress([try Explored.micro(), mended], ["no token"])
    #expect(result.status == 1)
    #expect(result.output.contains("  still fails (mutant thaw-first)\n"))
    #expect(result.output.contains("  \(Self.proven)\n"))
    #expect(result.lastOutputLine == "2 replayed, 1 fixed, 1 still fails, 1 not replayable")
  }

  @Test func `what cannot be read is told with its reason and exits 70, what does not fit is tried in other ways`()
    throws
  {
    let result = try regress([try Explored.parted()], ["no token", "m1:AQEA", "m9:AQEA"])
    #expect(result.status == 70)
    #expect(result.output.split(separator: "\n").count == 5)
    let parted = FailureArchive.name(of: try Explored.parted())
    #expect(result.output.contains("\(parted)  \(Self.proven)\n"))
    #expect(result.output.contains(/z0.txt +not replayable: .*holds no token/))
    #expect(result.output.contains(/z1.txt +not replayable: .*damaged/))
    #expect(result.output.contains(/z2.txt +not replayable: .*m9/))
    #expect(result.lastOutputLine == "1 replayed, 1 fixed, 3 not replayable")
  }

  @Test func `where no failure was kept nothing is replayed, which is no error`() throws {
    let result = try StressCommand.run(["regress"])
    #expect(result.status == 0)
    #expect(result.output == "0 replayed\n")
    #expect(result.errorLines.count == 1)
    #expect(result.errors.contains("stress explore"))
  }
}
