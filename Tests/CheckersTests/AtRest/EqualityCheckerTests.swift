/// EQ-1 and FRZ-1: mirror and S-EPT describe the same tree, and nothing in it is frozen.
import CAtomics
import Checkers
import Machine
import Testing

@Suite struct EqualityCheckerTests {
  /// 4K and 2M leaves below several upper tables, some still pending.
  private func grown() throws -> Trees {
    let trees = Trees(try Bench())
    for gfn: Gfn in [0, 1, 511, 512, (1 << 18) + 3, (5 << 18) + 77] { trees.mapPrivate(gfn, state: .pending) }
    trees.mapPrivate(2 << 18, level: 2)
    trees.mapPrivate(700)
    trees.mapShared(9)
    trees.mapShared(3 << 18, level: 2)
    return trees
  }

  @Test func `equal trees raise nothing, whatever the guest has accepted`() throws {
    let trees = try grown()
    #expect(trees.foundAtRest() == nil)
    #expect(trees.bench.suite.pointee.checks(.eq1) == 1)
    #expect(trees.bench.suite.pointee.checks(.frz1) == 1)
  }

  /// A kernel of direct roots alone: what stands in an S-EPT is nobody's.
  @Test func `a subject without a mirror has nothing to hold the S-EPT against`() throws {
    let trees = Trees(try Bench())
    trees.mapShared(9)
    let suite = trees.bench.suite
    suite.beginRound(
      mirrorRoot: 0, septRoot: trees.sept, directRoots: UnsafeBufferPointer(start: trees.slots, count: 2))
    raw_store64(trees.bench.machine.pointee.arena.table(trees.sept), SeptEntry.make(.mapped, pfn: 9))
    #expect(trees.foundAtRest() == nil)
    #expect(suite.pointee.checks(.eq1) == 0 && suite.pointee.checks(.acc1) == 0)
    #expect(suite.pointee.checks(.frz1) == 1 && suite.pointee.checks(.map1) == 1)
    // A zap of shared memory is looked at all the same.
    let task = trees.bench.task
    (task.pointee.rangeStart, task.pointee.rangeEnd) = (9, 10)
    task.pointee.zapping = .sharedMemory
    task.writeLock()
    task.writeUnlock()
    #expect(trees.bench.found == .map1 && suite.pointee.checks(.eq1) == 0)
  }

  @Test func `a leaf that only the mirror holds`() throws {
    let trees = try grown()
    raw_store64(trees.septEntry(700), SeptEntry.free)
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `a leaf that only the S-EPT holds`() throws {
    let trees = try grown()
    raw_store64(trees.spte(700), Spte.nonpresent)
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `a leaf with another pfn`() throws {
    let trees = try grown()
    raw_store64(trees.septEntry(700), SeptEntry.make(.mapped, pfn: 701))
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test(arguments: [SeptEntry.State.blocked, .pendingBlocked])
  func `an entry that a zap has blocked and not removed`(state: SeptEntry.State) throws {
    let trees = try grown()
    raw_store64(trees.septEntry(700), SeptEntry.make(state, pfn: 700))
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `a table that only the mirror holds`() throws {
    let trees = try grown()
    raw_store64(trees.septEntry(5 << 18, level: 2), SeptEntry.free)
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `a table that only the S-EPT holds`() throws {
    let trees = try grown()
    raw_store64(trees.spte(5 << 18, level: 2), Spte.nonpresent)
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `an S-EPT table that is not the one beside the mirror's`() throws {
    let trees = try grown()
    raw_store64(trees.septEntry(0, level: 2), raw_load64(trees.septEntry(512, level: 2)))
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `a huge leaf over a table: a split that was not propagated`() throws {
    let trees = try grown()
    raw_store64(trees.septEntry(0, level: 2), SeptEntry.make(.mapped, pfn: 0))
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test func `the difference names gfn, level and both sides`() throws {
    let trees = try grown()
    raw_store64(trees.septEntry(700), SeptEntry.free)
    _ = trees.foundAtRest()
    let violation = try #require(trees.bench.machine.pointee.reports.violation)
    #expect(violation.gfn == 700 && violation.level == 1)
    #expect(violation.expected.contains("leaf pfn 0x2bc"))
    #expect(violation.seen == "S-EPT free")
    let entry = trees.bench.machine.pointee.arenaView.base + Int(violation.entry)
    #expect(entry == trees.spte(700))
  }

  @Test func `a write section looks at its operation's range when it begins and when it ends`() throws {
    let trees = try grown()
    let task = trees.bench.task
    (task.pointee.rangeStart, task.pointee.rangeEnd) = (700, 701)
    task.writeLock()
    task.writeUnlock()
    #expect(trees.bench.found == nil)
    #expect(trees.bench.suite.pointee.checks(.eq1) == 2)
    task.writeLock()
    raw_store64(trees.septEntry(700), SeptEntry.free)
    #expect(trees.bench.found == nil)
    task.writeUnlock()
    #expect(trees.bench.found == .eq1)
  }

  @Test(arguments: [Gfn(700)..<701, 512..<1024, 0..<Bench.guestPages, 699..<1 << 40])
  func `a difference inside the range of a write section is seen`(range: Range<Gfn>) throws {
    let trees = try grown()
    raw_store64(trees.septEntry(700), SeptEntry.free)
    (trees.bench.task.pointee.rangeStart, trees.bench.task.pointee.rangeEnd) = (range.lowerBound, range.upperBound)
    trees.bench.task.writeLock()
    #expect(trees.bench.found == .eq1)
  }

  @Test(arguments: [Gfn(701)..<702, 0..<700, 1 << 40..<1 << 41])
  func `what is outside of it waits for the barrier`(range: Range<Gfn>) throws {
    let trees = try grown()
    raw_store64(trees.septEntry(700), SeptEntry.free)
    (trees.bench.task.pointee.rangeStart, trees.bench.task.pointee.rangeEnd) = (range.lowerBound, range.upperBound)
    trees.bench.task.writeLock()
    #expect(trees.bench.found == nil)
    trees.bench.task.writeUnlock()
    #expect(trees.foundAtRest() == .eq1)
  }

  @Test(arguments: [Gfn(1024), 1025, 1031, 1032, 1100, 1528, 1534, 1535])
  func `wherever in a table it stands, a difference is in exactly the ranges that hold it`(gfn: Gfn) throws {
    let trees = try grown()
    trees.mapPrivate(gfn)
    raw_store64(trees.septEntry(gfn), SeptEntry.free)
    let task = trees.bench.task
    for (range, isInside) in [
      (gfn..<(gfn + 1), true), ((gfn - 1)..<gfn, false), ((gfn + 1)..<(gfn + 2), false), (gfn..<2048, true),
      ((gfn + 1)..<2048, false), (1024..<(gfn + 1), true), (1000..<gfn, false), (1024..<1536, true),
    ] as [(Range<Gfn>, Bool)] {
      trees.bench.machine.pointee.clearHalt()
      trees.bench.machine.pointee.reports.reset()
      (task.pointee.rangeStart, task.pointee.rangeEnd) = (range.lowerBound, range.upperBound)
      task.writeLock()
      #expect(trees.bench.found == (isInside ? .eq1 : nil), "\(range)")
      task.writeUnlock()
    }
  }

  @Test func `an SPTE that is frozen while mmu_lock is held for write was left by its owner`() throws {
    let trees = try grown()
    raw_store64(trees.spte(700), Spte.frozen)
    (trees.bench.task.pointee.rangeStart, trees.bench.task.pointee.rangeEnd) = (700, 701)
    trees.bench.task.writeLock()
    #expect(trees.bench.found == .frz3)
  }

  @Test func `a yield looks at a part of a wide range, the end of the section at all of it`() throws {
    let trees = try grown()
    let task = trees.bench.task
    (task.pointee.rangeStart, task.pointee.rangeEnd) = (0, Bench.guestPages)
    task.writeLock()
    raw_store64(trees.septEntry((5 << 18) + 77), SeptEntry.free)
    task.condReschedRwlock()
    #expect(trees.bench.found == nil)
    task.writeUnlock()
    #expect(trees.bench.found == .eq1)
  }

  @Test func `a frozen SPTE at rest is FRZ-1, in either tree and in invalid roots`() throws {
    for kind in 0..<3 {
      let trees = try grown()
      var invalid: [UInt32] = []
      switch kind {
      case 0: raw_store64(trees.spte(700), Spte.frozen)
      case 1: raw_store64(trees.directSpte(10), Spte.frozen)
      default:
        let root = trees.bench.task.allocateTable(kind: .direct, level: 4, gfn: 0, fill: Spte.nonpresent)
        raw_store64(trees.bench.machine.pointee.arena.table(root) + 3, Spte.frozen)
        invalid = [root]
      }
      #expect(trees.foundAtRest(invalidRoots: invalid) == .frz1)
    }
  }
}
