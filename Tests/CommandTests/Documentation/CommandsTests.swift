import Foundation
import Testing

/// Every command that a document shows is run, and prints what the document says.
///
/// `STRESS_UPDATE_GOLDEN=1` writes the shown output anew, but for blocks with a `...`.
@Suite(.waitsForProcesses) struct DocumentedCommandsTests {
  private static let updates = ProcessInfo.processInfo.environment["STRESS_UPDATE_GOLDEN"] == "1"
  private static let documents = Dictionary(Document.guides.map { ($0.name, $0) }) { first, _ in first }
  private static let blocks = Document.guides.flatMap(\.commandBlocks)
  private static let table = "Tests/CommandTests/Documentation/Rehearsals.swift"

  @Test(arguments: blocks)
  func `a block of commands runs as it is shown`(block: Document.CommandBlock) throws {
    try Scratch.use { scratch in
      let stage = try Stage(in: scratch)
      let shown = Self.shown(block)
      var printed = ""
      var isWhole = true
      var figuresVary = false
      for command in block.commands {
        let rehearsal = Rehearsal.of(command) ?? Rehearsal(command)
        figuresVary = figuresVary || rehearsal.figuresVary
        guard Self.isRun(command, rehearsal, block) else {
          isWhole = false
          continue
        }
        try stage.prepare(for: command, rehearsal)
        let result = try stage.run(
          rehearsal.adding.isEmpty ? Props.shortened(command) : "\(command) \(rehearsal.adding)")
        printed += result.output
        let advice =
          result.status == 124
          ? "make it shorter than \(Stage.limit) seconds in \(Self.table)" : "if that is meant, \(Self.table) says so"
        let ended = result.status == rehearsal.expectedStatus(shown: shown)
        #expect(
          ended,
          "\(block.place): `\(command)` ended with \(result.status), \(advice)\n\(result.errors)")
        isWhole = isWhole && ended
      }
      guard block.output != nil, isWhole else { return }
      let lines = ShownOutput.lines(of: printed)
      let difference = ShownOutput.difference(shown: shown, printed: lines, figuresVary: figuresVary)
      guard let difference else { return }
      if Self.updates, !shown.contains(ShownOutput.elision) {
        try Self.write(lines, to: block)
      } else {
        let advice = Self.updates ? "it has `...`, so write it anew by hand" : "STRESS_UPDATE_GOLDEN=1 writes it anew"
        Issue.record(
          "\(block.place): the output of `\(block.commands.joined(separator: "; "))`: \(difference); \(advice)")
      }
    }
  }

  /// Whether a test can run it here; if nothing ever does, that is a failure.
  private static func isRun(_ command: String, _ rehearsal: Rehearsal, _ block: Document.CommandBlock) -> Bool {
    if let file = rehearsal.elsewhere {
      let text = Document.read(file)?.lines.joined(separator: "\n")
      #expect(text?.contains(rehearsal.program) == true, "\(file) does not run \(rehearsal.program); mend \(table)")
      return false
    }
    if rehearsal.notRun != nil { return false }
    let isStress = command.hasPrefix("stress ") || command.hasPrefix("scripts/stress ")
    guard isStress || Rehearsal.of(command) != nil else {
      Issue.record("\(block.place): `\(command)` is no run of stress: say in \(table) what runs it")
      return false
    }
    return !Props.needsKernelTree(command) || UserTree.source != nil
  }

  private static func shown(_ block: Document.CommandBlock) -> [String] {
    guard let output = block.output else { return [] }
    return documents[block.document].map { Array($0.lines[output]) } ?? []
  }

  private static let writing = NSLock()

  /// Blocks of one document run at the same time, so the place is looked up again.
  private static func write(_ lines: [String], to block: Document.CommandBlock) throws {
    try writing.withLock {
      let document = try #require(Document.read(block.document))
      let output = try #require(document.commandBlocks[block.number].output)
      var all = document.lines
      all.replaceSubrange(output, with: lines)
      try Data(all.joined(separator: "\n").utf8).write(to: Document.root.appendingPathComponent(block.document))
    }
  }

  @Test func `every entry of the table is a command of a document`() {
    let commands = Set(Self.blocks.flatMap(\.commands))
    #expect(commands.count > 10)
    for rehearsal in Rehearsal.all where !commands.contains(rehearsal.command) {
      Issue.record("no document shows `\(rehearsal.command)`: remove it from \(Self.table)")
    }
    #expect(Set(Rehearsal.all.map(\.command)).count == Rehearsal.all.count)
  }

  @Test func `the README begins with the two commands`() throws {
    let blocks = try #require(Document.read("README.md")).commandBlocks
    #expect(blocks.flatMap(\.commands).prefix(2) == ["scripts/stress --threads 64 --seconds 30", "scripts/test"])
  }

  @Test(arguments: Document.guides)
  func `the fences of a document are what they claim`(document: Document) {
    #expect(document.misplacedFences == [])
  }
}
