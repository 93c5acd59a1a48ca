/// ORD-4 and TLB-1: what the TDX module refuses, named by the rule that was about to be broken.
import Machine
import Testing

@Suite struct SeamcallCheckerTests {
  @Test func `a call below a missing parent breaks the order of parents and children`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.call(.pageAug, .mirrorLeaf, .walkFailed)
    bench.task.drain()
    #expect(bench.found == .ord4)
  }

  @Test func `a table that is reclaimed before its children breaks it too`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.call(.pageReclaim, .mirrorTable, .childrenPresent)
    bench.task.drain()
    #expect(bench.found == .ord4)
  }

  @Test func `a removal before TLB tracking is TLB-1`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.empty)
    bench.call(.pageRemove, .mirrorLeaf, .trackingNotDone)
    bench.task.drain()
    #expect(bench.found == .tlb1)
  }

  @Test func `a demotion before TLB tracking is TLB-1`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.write(.store, .mirrorTable, Value.leaf(0, level: 2), Value.table(5))
    bench.call(.pageDemote, .mirrorTable, .trackingNotDone)
    bench.task.drain()
    #expect(bench.found == .tlb1)
  }

  @Test func `BUSY is contention, not a broken rule`() throws {
    let bench = try Bench()
    bench.exclusive {
      bench.call(.rangeBlock, .mirrorLeaf, .operandBusy)
      bench.call(.track, .mirrorLeaf, .previousEpochBusy)
    }
    #expect(bench.found == nil)
  }

  @Test func `a guest that accepts a page which is gone broke nothing`() throws {
    let bench = try Bench()
    bench.call(.accept, .mirrorLeaf, .walkFailed)
    bench.end()
    #expect(bench.found == nil)
    #expect(bench.suite.pointee.checks(.ord4) == 1)
  }
}
