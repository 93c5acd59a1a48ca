/// WP-1: what was cleared stays clear until somebody sets it again, and a page that is writable is in the log.
import CAtomics
import Checkers
import Machine
import Testing

@Suite struct ProtectionCheckerTests {
  /// gfn 7 of the direct root is a leaf with W and D, whatever is told of it.
  private struct Story {
    let trees: Trees
    var bench: Bench { trees.bench }

    init(level: Int = 1) throws { trees = try .sharing(level: level) }

    func protect(_ range: Range<Gfn> = 0..<16, _ bits: UInt64 = Spte.writable) {
      bench.suite.promised(bench.other, protected: .init(range: range, bits: bits), begin: bench.other.stamp())
    }

    func write(_ old: UInt64, _ new: UInt64, to entry: Entry = .directLeaf) {
      bench.write(.cmpxchg, entry, old, new)
      bench.task.drain()
    }

    func clear(_ bits: UInt64) {
      raw_store64(trees.directSpte(7), raw_load64(trees.directSpte(7)) & ~bits)
    }

    var found: CheckerID? { trees.foundAtRest() }
  }

  @Test func `a leaf that was protected and is not writable raises nothing`() throws {
    let story = try Story()
    story.protect()
    story.clear(Spte.writable)
    #expect(story.found == nil)
    #expect(story.bench.suite.pointee.checks(.wp1) == 1)
  }

  @Test func `a leaf that nobody has written since and is writable breaks the rule`() throws {
    let story = try Story()
    story.write(Value.empty, Value.leaf(7))
    story.protect()
    #expect(story.found == .wp1)
    #expect(story.bench.machine.pointee.reports.violation?.gfn == 7)
  }

  @Test func `a write since the operation began explains it`() throws {
    let story = try Story()
    story.protect()
    story.write(Value.leaf(7) & ~Spte.writable, Value.leaf(7))
    #expect(story.found == nil)
  }

  @Test func `a write that sets another bit, or nothing new, explains nothing`() throws {
    for old in [Value.leaf(7) & ~Spte.dirty, Value.leaf(7)] {
      let story = try Story()
      story.protect()
      story.write(old, Value.leaf(7))
      #expect(story.found == .wp1)
    }
  }

  @Test func `a later operation asks anew`() throws {
    let story = try Story()
    story.protect()
    story.write(Value.leaf(7) & ~Spte.writable, Value.leaf(7))
    story.protect(7..<8)
    #expect(story.found == .wp1)
  }

  @Test func `what lies outside of the range is nobody's promise`() throws {
    let story = try Story()
    story.protect(0..<7)
    story.protect(8..<16)
    #expect(story.found == nil)
  }

  @Test func `dirty bits have a rule of their own`() throws {
    let story = try Story()
    story.protect(0..<16, Spte.dirty)
    #expect(story.found == .wp1)
    let clean = try Story()
    clean.protect(0..<16, Spte.dirty)
    clean.clear(Spte.dirty)
    #expect(clean.found == nil)
  }

  @Test func `a huge page is all of its gfns, and a split hands its bits down`() throws {
    let huge = try Story(level: 2)
    huge.protect(100..<101)
    #expect(huge.found == .wp1)
    let split = try Story()
    split.protect()
    split.write(Value.leaf(0, level: 2), Value.table(11), to: .directTable)
    #expect(split.found == nil)
    let linked = try Story()
    linked.protect()
    linked.write(Value.empty, Value.table(11), to: .directTable)
    #expect(linked.found == .wp1)
  }

  @Test func `what was done before the race explains nothing, and is not asked for`() throws {
    let story = try Story()
    story.protect()
    story.bench.suite.beginRace()
    #expect(story.found == nil)
    story.write(Value.empty, Value.leaf(7))
    story.bench.suite.beginRace()
    story.protect()
    #expect(story.found == .wp1)
  }

  @Test func `a look leaves nothing behind for the next`() throws {
    let story = try Story()
    story.protect()
    story.clear(Spte.writable)
    #expect(story.found == nil)
    story.trees.beginRound()
    raw_store64(story.trees.directSpte(7), Value.leaf(7))
    #expect(story.found == nil)
  }

  @Test func `while its slot logs, a writable page is in the bitmap`() throws {
    let story = try Story()
    story.bench.suite.verifyDirtyLog(story.bench.task, directRoot: story.trees.direct) { $0 == 7 }
    #expect(story.bench.found == nil)
    story.bench.suite.verifyDirtyLog(story.bench.task, directRoot: story.trees.direct) { $0 == 8 }
    #expect(story.bench.found == .wp1)
    let clean = try Story()
    clean.clear(Spte.writable)
    clean.bench.suite.verifyDirtyLog(clean.bench.task, directRoot: clean.trees.direct) { _ in false }
    #expect(clean.bench.found == nil)
  }
}
