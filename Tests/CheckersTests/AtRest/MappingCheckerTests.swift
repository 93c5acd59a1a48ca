/// MAP-1: what a completed fault mapped stays mapped until a zap covers it, what a completed zap covered is gone. When
/// the fault looked its page up is the matter of `LookupCheckerTests`.
import CAtomics
import Checkers
import Machine
import Testing

@Suite struct MappingCheckerTests {
  /// A story about gfns of one 2M region, told in epochs, and then the tables as it left them.
  private struct Story {
    let trees: Trees
    let isPrivate: Bool
    var bench: Bench { trees.bench }

    init(isPrivate: Bool = false, mergesPrivate: Bool = false) throws {
      trees = Trees(try Bench(mergesPrivate: mergesPrivate))
      self.isPrivate = isPrivate
    }

    func fault(_ gfn: Gfn, at epoch: UInt64, huge: Bool = false) {
      bench.task.pointee.lastReadEpoch = epoch
      bench.suite.promised(bench.task, mapped: gfn, isPrivate: isPrivate, huge: huge, isNew: false)
    }

    func zap(_ range: Range<Gfn>, from first: UInt64, to last: UInt64) {
      bench.other.pointee.firstWriteEpoch = first
      bench.other.pointee.lastWriteEpoch = last
      bench.suite.promised(bench.other, unmapped: range, isPrivate: isPrivate)
    }

    func map(_ gfn: Gfn, level: Int = 1) {
      if isPrivate { trees.mapPrivate(gfn, level: level) } else { trees.mapShared(gfn, level: level) }
    }

    var found: CheckerID? { trees.foundAtRest() }
  }

  @Test(arguments: [true, false])
  func `a mapping that a fault made and nobody zapped is there`(isPrivate: Bool) throws {
    let story = try Story(isPrivate: isPrivate)
    story.fault(600, at: 3)
    story.map(600)
    #expect(story.found == nil)
    #expect(story.bench.suite.pointee.checks(.map1) == 1)
  }

  @Test(arguments: [true, false])
  func `a lost mapping`(isPrivate: Bool) throws {
    let story = try Story(isPrivate: isPrivate)
    story.fault(600, at: 3)
    story.map(601)
    story.fault(601, at: 3)
    #expect(story.found == .map1)
    #expect(story.bench.machine.pointee.reports.violation?.gfn == 600)
  }

  @Test func `a mapping is lost with the table that should hold it, and with the whole tree`() throws {
    let story = try Story()
    story.fault(600, at: 3)
    #expect(story.found == .map1)
    let rootless = try Story()
    rootless.fault(600, at: 3)
    rootless.bench.suite.verifyAtRest(rootless.bench.task, directRoot: 0, invalidRoots: [])
    #expect(rootless.bench.found == .map1)
  }

  @Test func `a mapping that a zap covered later is gone`() throws {
    let story = try Story()
    story.fault(600, at: 3)
    story.zap(600..<601, from: 4, to: 4)
    #expect(story.found == nil)
  }

  @Test(arguments: [true, false])
  func `a mapping that outlived its zap`(isPrivate: Bool) throws {
    let story = try Story(isPrivate: isPrivate)
    story.fault(600, at: 3)
    story.zap(600..<601, from: 4, to: 4)
    story.map(600)
    #expect(story.found == .map1)
  }

  @Test func `a fault in the epoch of a zap came after it`() throws {
    let present = try Story()
    present.zap(600..<601, from: 4, to: 4)
    present.fault(600, at: 4)
    present.map(600)
    #expect(present.found == nil)
    let absent = try Story()
    absent.zap(600..<601, from: 4, to: 4)
    absent.fault(600, at: 4)
    #expect(absent.found == .map1)
  }

  @Test(arguments: [true, false])
  func `a fault between the sections of a zap that yielded may stand on either side`(mapped: Bool) throws {
    let story = try Story()
    story.zap(600..<700, from: 3, to: 5)
    story.fault(600, at: 4)
    if mapped { story.map(600) }
    #expect(story.found == nil)
  }

  @Test func `a fault after the last section of a zap that yielded is safe`() throws {
    let story = try Story()
    story.zap(600..<700, from: 3, to: 5)
    story.fault(600, at: 5)
    #expect(story.found == .map1)
  }

  @Test func `a zap that covers many regions counts like a small one`() throws {
    for isMapped in [true, false] {
      let story = try Story()
      story.fault(600, at: 3)
      story.zap(0..<Bench.guestPages, from: 4, to: 4)
      if isMapped { story.map(600) }
      #expect(story.found == (isMapped ? .map1 : nil))
    }
  }

  @Test func `a zap over many regions says nothing of those beyond it`() throws {
    let story = try Story()
    let far = UInt64(100 * 512)
    story.fault(far, at: 3)
    story.zap(0..<(80 * 512), from: 4, to: 4)
    story.map(far)
    #expect(story.found == nil)
    let lost = try Story()
    lost.fault(0, at: 3)
    lost.zap((20 * 512)..<Bench.guestPages, from: 4, to: 4)
    #expect(lost.found == .map1)
  }

  @Test(arguments: [Gfn(512)..<1024, 512..<1023, 513..<1024, 0..<1024, 512..<513, 1016..<1024])
  func `each gfn of a region is held to the zaps that covered it`(range: Range<Gfn>) throws {
    for gfn in [Gfn(512), 513, 519, 520, 600, 1016, 1022, 1023] {
      let isCovered = range.contains(gfn)
      // Faulted in and left mapped; then never faulted in, but mapped.
      let left = try Story(isPrivate: true)
      left.fault(gfn, at: 3)
      left.zap(range, from: 4, to: 4)
      left.map(gfn)
      #expect(left.found == (isCovered ? .map1 : nil), "gfn \(gfn)")
      let silent = try Story(isPrivate: true)
      silent.fault(700, at: 5)
      silent.map(700)
      silent.zap(range, from: 4, to: 4)
      silent.map(gfn)
      #expect(silent.found == (isCovered ? .map1 : nil), "gfn \(gfn)")
    }
  }

  @Test func `a thousand zaps of one region leave what came after them`() throws {
    let story = try Story(isPrivate: true)
    for epoch in 1...1000 as ClosedRange<UInt64> {
      story.zap((512 + epoch % 512)..<(513 + epoch % 512), from: epoch, to: epoch)
    }
    story.fault(600, at: 1000)
    story.map(600)
    #expect(story.found == nil)
    story.map(601)
    #expect(story.found == .map1)
    #expect(story.bench.machine.pointee.reports.violation?.gfn == 601)
  }

  @Test func `what one look has found out is nothing to the next`() throws {
    let story = try Story()
    story.fault(600, at: 3)
    story.zap(512..<1024, from: 4, to: 4)
    story.zap(600..<610, from: 4, to: 4)
    #expect(story.found == nil)
    story.trees.beginRound()
    story.fault(600, at: 3)
    story.map(600)
    story.map(605)
    #expect(story.found == nil)
  }

  @Test func `a zap of other memory has nothing to do with it`() throws {
    let story = try Story(isPrivate: true)
    story.fault(600, at: 3)
    story.zap(601..<700, from: 4, to: 4)
    #expect(story.found == .map1)
    let other = try Story(isPrivate: false)
    other.fault(600, at: 3)
    other.bench.other.pointee.firstWriteEpoch = 4
    other.bench.other.pointee.lastWriteEpoch = 4
    other.bench.suite.promised(other.bench.other, unmapped: 600..<601, isPrivate: true)
    #expect(other.found == .map1)
  }

  @Test func `a zap may take the rest of a huge page along where pages are merged`() throws {
    for (isPrivate, merges, expected) in [(false, false, nil), (true, true, nil), (true, false, CheckerID.map1)] {
      let story = try Story(isPrivate: isPrivate, mergesPrivate: merges)
      story.fault(600, at: 3)
      story.zap(601..<602, from: 4, to: 4)
      #expect(story.found == expected)
    }
  }

  @Test func `a neighbour that was faulted in after that zap is not excused`() throws {
    let story = try Story()
    story.zap(601..<602, from: 4, to: 4)
    story.fault(600, at: 4)
    #expect(story.found == .map1)
  }

  @Test func `a huge fault maps its neighbours, which no fault of their own explains`() throws {
    let explained = try Story()
    explained.fault(601, at: 2)
    explained.zap(601..<602, from: 4, to: 4)
    explained.fault(600, at: 4, huge: true)
    explained.map(512, level: 2)
    #expect(explained.found == nil)
    let unexplained = try Story()
    unexplained.fault(601, at: 2)
    unexplained.zap(601..<602, from: 4, to: 4)
    unexplained.fault(600, at: 4)
    unexplained.map(512, level: 2)
    #expect(unexplained.found == .map1)
  }

  @Test func `a recovered huge page maps its neighbours too`() throws {
    let story = try Story()
    story.zap(601..<602, from: 4, to: 4)
    story.fault(600, at: 4)
    story.bench.task.pointee.lastReadEpoch = 4
    story.bench.suite.promised(story.bench.task, merged: 512..<1024)
    story.map(512, level: 2)
    #expect(story.found == nil)
  }

  @Test(arguments: [true, false])
  func `a fault and a shared removal in one epoch may stand in either order`(mapped: Bool) throws {
    let story = try Story()
    story.fault(600, at: 4)
    story.bench.removeTable(epoch: 4)
    if mapped { story.map(600) }
    #expect(story.found == nil)
  }

  @Test func `a fault in a later epoch than a shared removal is safe`() throws {
    let story = try Story()
    story.fault(600, at: 5)
    story.bench.removeTable(epoch: 4)
    #expect(story.found == .map1)
  }

  /// Up to Linux 6.17 NX recovery holds mmu_lock for write.
  @Test(arguments: [(3, nil), (4, CheckerID.map1)] as [(UInt64, CheckerID?)])
  func `a fault in the epoch of an exclusive removal comes after it`(epoch: UInt64, found: CheckerID?) throws {
    let story = try Story()
    story.fault(600, at: epoch)
    story.bench.removeTable(epoch: 4, isExclusive: true)
    #expect(story.found == found)
  }

  /// It may have gone from a root that was invalid by then.
  @Test func `what a valid root maps may stay when a table of one root goes`() throws {
    let story = try Story()
    story.fault(600, at: 3)
    story.map(600)
    story.bench.removeTable(epoch: 4, isExclusive: true)
    #expect(story.found == nil)
  }

  /// Up to Linux 6.12 huge pages are recovered by a zap of the tables in their place: frozen, then empty.
  @Test(
    arguments: [
      (true, .recover, nil), (true, .logDirty, nil), (true, .split, .map1), (false, .recover, .map1),
    ] as [(Bool, Operation, CheckerID?)])
  func `a table that recovery zaps takes its mappings along`(
    isZap: Bool, operation: Operation, found: CheckerID?
  ) throws {
    let story = try Story()
    story.bench.suite.pointee.recoversByZap = isZap
    story.fault(600, at: 4)
    let task = story.bench.other
    let entry = Entry(index: 10 * 512 + 1, gfn: 512, level: 2, root: .direct)
    task.pointee.currentOperation = operation
    task.emit(.readLock, new: 4)
    story.bench.write(.cmpxchg, entry, Value.table(9), Value.frozen, by: task)
    story.bench.write(.store, entry, Value.frozen, Value.empty, by: task)
    task.emit(.readUnlock)
    task.emit(.operationEnd)
    task.drain()
    #expect(story.found == found)
  }

  @Test func `a table that another operation unlinked excuses nothing`() throws {
    let story = try Story()
    story.fault(600, at: 4)
    story.bench.removeTable(epoch: 4, during: .wrprot)
    #expect(story.found == .map1)
  }

  @Test func `a new round begins with an empty book`() throws {
    let story = try Story()
    story.fault(600, at: 3)
    story.zap(601..<602, from: 4, to: 4)
    story.trees.beginRound()
    story.map(601)
    #expect(story.found == nil)
  }
}
