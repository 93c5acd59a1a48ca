/// DUP-1: one mirror change makes exactly one external write, and none happens without a change.
import Machine
import Testing

@Suite struct PropagationCheckerTests {
  @Test func `under the exclusive lock a zap is written first and propagated once`() throws {
    let bench = try Bench()
    bench.exclusive {
      for entry in [Entry.mirrorLeaf, .otherMirrorLeaf] {
        bench.write(.store, entry, Value.leaf(entry.gfn), Value.empty)
        bench.call(.rangeBlock, entry)
        bench.call(.track)
        bench.call(.pageRemove, entry)
      }
    }
    #expect(bench.found == nil)
    #expect(bench.suite.pointee.checks(.dup1) > 0)
  }

  @Test func `a call that met BUSY and was made again counts once`() throws {
    let bench = try Bench()
    bench.exclusive {
      bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.empty)
      bench.call(.pageRemove, .mirrorLeaf, .operandBusy)
      bench.call(.pageRemove)
    }
    #expect(bench.found == nil)
  }

  @Test func `a second external write under the shared lock is one too many`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.call(.pageAug)
    bench.call(.pageAug)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `a second external write under the exclusive lock is one too many`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.empty)
    bench.call(.pageRemove)
    bench.call(.pageRemove)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `an exclusive zap that reaches no external table is found when the lock is dropped`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.empty)
    bench.task.drain()
    #expect(bench.found == nil)
    bench.task.emit(.writeUnlock)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `an exclusive zap that reaches no external table is found when the next change begins`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.empty)
    bench.write(.store, .otherMirrorLeaf, Value.leaf(8), Value.empty)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `an exclusive split from a leaf to a table is a change like any other`() throws {
    let bench = try Bench()
    bench.exclusive {
      bench.write(.store, .mirrorTable, Value.leaf(0, level: 2), Value.table(5))
      bench.call(.pageDemote, .mirrorTable)
    }
    #expect(bench.found == nil)
    bench.task.emit(.writeLock)
    bench.write(.store, .mirrorTable, Value.leaf(0, level: 2), Value.table(5))
    bench.task.emit(.writeUnlock)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `an external write without a change of its SPTE has no cause`() throws {
    let bench = try Bench()
    bench.task.emit(.writeLock)
    bench.call(.pageRemove)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `a shared removal that is not propagated is found at its final store`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf, Value.leaf(7))
    bench.thaw(.mirrorLeaf, Value.empty)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `unlinking a table is no external write of its own, its children have theirs`() throws {
    let bench = try Bench()
    bench.exclusive {
      bench.write(.store, .mirrorTable, Value.table(5), Value.empty)
      bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.frozen)
      bench.call(.pageRemove)
      bench.call(.pageReclaim, .mirrorTable)
    }
    #expect(bench.found == nil)
  }

  @Test func `a child of a table that is taken down may not be left in the S-EPT`() throws {
    let bench = try Bench()
    bench.exclusive {
      bench.write(.store, .mirrorTable, Value.table(5), Value.empty)
      bench.write(.store, .mirrorLeaf, Value.leaf(7), Value.frozen)
      bench.call(.pageReclaim, .mirrorTable)
    }
    #expect(bench.found == .dup1)
  }

  @Test(arguments: [true, false])
  func `a present mirror SPTE that changes with no freeze was not propagated`(isLocked: Bool) throws {
    let bench = try Bench()
    if isLocked { bench.task.emit(.readLock) }
    bench.write(.cmpxchg, .mirrorLeaf, Value.leaf(7), Value.leaf(7) & ~Spte.accessed)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `what ages in the direct root, and a write that changes nothing, is no mirror change`() throws {
    let bench = try Bench()
    bench.write(.cmpxchg, .directLeaf, Value.leaf(7), Value.leaf(7) & ~Spte.accessed)
    bench.write(.cmpxchg, .mirrorLeaf, Value.leaf(7), Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == nil)
  }
}
