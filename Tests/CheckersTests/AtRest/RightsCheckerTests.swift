/// MAP-1: a fault that was answered has left its access allowed, unless somebody took it away meanwhile.
import CAtomics
import Checkers
import Machine
import Testing

@Suite struct RightsCheckerTests {
  /// gfn 7 of the direct root is a leaf with all rights.
  private struct Story {
    let trees: Trees
    var bench: Bench { trees.bench }

    init(level: Int = 1) throws { trees = try .sharing(level: level) }

    /// A fault on gfn 7 that began at `begin` is over.
    func answer(_ bits: UInt64 = Spte.writable, begin: UInt64? = nil) {
      bench.suite.promised(
        bench.task, answered: .init(gfn: 7, bits: bits), begin: begin ?? bench.task.stamp())
    }

    func write(_ old: UInt64, _ new: UInt64, to entry: Entry = .directLeaf, by task: TaskPointer? = nil) {
      bench.write(.cmpxchg, entry, old, new, by: task)
      (task ?? bench.task).drain()
    }

    func leave(_ spte: UInt64, level: Int = 1) { raw_store64(trees.directSpte(7, level: level), spte) }

    var found: CheckerID? { trees.foundAtRest() }
  }

  private static let readOnly = Value.leaf(7) & ~Spte.writable
  private static let rights = [Spte.writable, Spte.executable]

  @Test(arguments: rights)
  func `a leaf that has the right raises nothing`(_ bits: UInt64) throws {
    let story = try Story()
    story.answer(bits)
    #expect(story.found == nil)
  }

  @Test(arguments: rights)
  func `a leaf without the right, written by nobody, breaks the rule`(_ bits: UInt64) throws {
    let story = try Story()
    story.leave(Value.leaf(7) & ~bits)
    story.answer(bits)
    #expect(story.found == .map1)
    #expect(story.bench.machine.pointee.reports.violation?.gfn == 7)
  }

  @Test func `rights that were not asked for may be missing`() throws {
    let story = try Story()
    story.leave(Self.readOnly)
    story.answer(Spte.executable)
    #expect(story.found == nil)
  }

  @Test func `write-protection while the fault was under way explains it`() throws {
    let story = try Story()
    let begin = story.bench.task.stamp()
    story.write(Value.leaf(7), Self.readOnly, by: story.bench.other)
    story.leave(Self.readOnly)
    story.answer(begin: begin)
    #expect(story.found == nil)
  }

  @Test func `write-protection from before the fault does not`() throws {
    let story = try Story()
    story.write(Value.leaf(7), Self.readOnly, by: story.bench.other)
    story.leave(Self.readOnly)
    story.answer()
    #expect(story.found == .map1)
  }

  @Test func `what the fault itself has written does not either`() throws {
    let story = try Story()
    let begin = story.bench.task.stamp()
    story.write(Value.empty, Self.readOnly)
    story.leave(Self.readOnly)
    story.answer(begin: begin)
    #expect(story.found == .map1)
  }

  @Test func `a write that takes another right explains nothing`() throws {
    let story = try Story()
    let begin = story.bench.task.stamp()
    story.write(Value.leaf(7), Value.leaf(7) & ~Spte.executable, by: story.bench.other)
    story.leave(Self.readOnly)
    story.answer(begin: begin)
    #expect(story.found == .map1)
  }

  @Test func `a split hands down that its page was not writable, and nothing else`() throws {
    for (bits, expected) in [(Spte.writable, nil as CheckerID?), (Spte.executable, .map1)] {
      let story = try Story()
      let begin = story.bench.task.stamp()
      story.write(Value.leaf(0, level: 2) & ~bits, Value.table(11), to: .directTable, by: story.bench.other)
      story.leave(Value.leaf(7) & ~bits)
      story.answer(bits, begin: begin)
      #expect(story.found == expected)
    }
  }

  @Test func `what is not mapped any more is allowed nothing, by right`() throws {
    let story = try Story()
    story.leave(Value.empty)
    story.answer()
    story.bench.task.pointee.pageStatistics[1] -= 1
    #expect(story.found == nil)
  }

  @Test func `a huge page allows all of its gfns what it allows`() throws {
    let huge = try Story(level: 2)
    huge.leave(Value.leaf(0, level: 2) & ~Spte.executable, level: 2)
    huge.answer()
    #expect(huge.found == nil)
    huge.answer(Spte.executable)
    #expect(huge.found == .map1)
  }

  @Test func `what was answered before the race or in another round is not asked for`() throws {
    let story = try Story()
    story.leave(Self.readOnly)
    story.answer()
    story.bench.suite.beginRace()
    #expect(story.found == nil)
    story.answer()
    story.trees.beginRound()
    #expect(story.found == nil)
  }
}
