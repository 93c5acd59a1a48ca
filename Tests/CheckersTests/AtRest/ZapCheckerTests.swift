/// MAP-1 at the end of a zap: what it covered is gone while mmu_lock is still held for write.
import CAtomics
import Machine
import Testing

@Suite struct ZapCheckerTests {
  /// Both kinds of memory mapped at two gfns, and a task that is about to zap one of them.
  private func scene(_ zapping: Task.Zapping, _ range: Range<Gfn>) throws -> Trees {
    let trees = Trees(try Bench())
    for gfn: Gfn in [700, 701] {
      trees.mapPrivate(gfn)
      trees.mapShared(gfn)
    }
    let task = trees.bench.task
    (task.pointee.rangeStart, task.pointee.rangeEnd) = (range.lowerBound, range.upperBound)
    task.pointee.zapping = zapping
    task.writeLock()
    return trees
  }

  private func zapPrivate(_ trees: Trees, _ gfn: Gfn) {
    raw_store64(trees.spte(gfn), Spte.nonpresent)
    raw_store64(trees.septEntry(gfn), SeptEntry.free)
  }

  @Test func `a zap that leaves nothing of its kind in its range is complete`() throws {
    let privately = try scene(.privateMemory, 700..<701)
    zapPrivate(privately, 700)
    privately.bench.task.writeUnlock()
    #expect(privately.bench.found == nil)
    #expect(privately.bench.suite.pointee.checks(.map1) == 1)
    let shared = try scene(.sharedMemory, 700..<701)
    raw_store64(shared.directSpte(700), Spte.nonpresent)
    shared.bench.task.writeUnlock()
    #expect(shared.bench.found == nil)
  }

  @Test(arguments: [Task.Zapping.privateMemory, .sharedMemory])
  func `a leaf that a zap has left is found as it drops the lock`(zapping: Task.Zapping) throws {
    let trees = try scene(zapping, 700..<702)
    zapPrivate(trees, 700)
    raw_store64(trees.directSpte(700), Spte.nonpresent)
    #expect(trees.bench.found == nil)
    trees.bench.task.writeUnlock()
    #expect(trees.bench.found == .map1)
    #expect(trees.bench.machine.pointee.reports.violation?.gfn == 701)
  }

  @Test func `a huge page that reaches into the range counts`() throws {
    let trees = try scene(.sharedMemory, 1600..<1601)
    trees.mapShared(1536, level: 2)
    trees.bench.task.writeUnlock()
    #expect(trees.bench.found == .map1)
  }

  @Test func `a root that is invalid counts as long as it has its slot`() throws {
    let trees = try scene(.sharedMemory, 700..<701)
    (trees.slots[0], trees.slots[1]) = (trees.slots[1], 0)
    trees.bench.task.writeUnlock()
    #expect(trees.bench.found == .map1)
  }

  @Test func `a zap that yields may still have work to do`() throws {
    let trees = try scene(.privateMemory, 700..<701)
    trees.bench.task.condReschedRwlock()
    #expect(trees.bench.found == nil)
    zapPrivate(trees, 700)
    trees.bench.task.writeUnlock()
    #expect(trees.bench.found == nil)
  }

  @Test func `an operation that zaps nothing may leave all as it was`() throws {
    let trees = try scene(.nothing, 700..<702)
    trees.bench.task.writeUnlock()
    #expect(trees.bench.found == nil)
  }
}
