/// FRZ-2 and FRZ-3 on events written by hand: the sequence that is right, and the smallest one that is not.
import Machine
import Testing

@Suite struct FreezeCheckerTests {
  @Test func `an SPTE that its owner freezes, propagates and thaws raises nothing`() throws {
    let bench = try Bench()
    bench.shared {
      bench.freeze(.mirrorLeaf)
      bench.call(.pageAug)
      bench.thaw(.mirrorLeaf, Value.leaf(7))
    }
    #expect(bench.found == nil)
    #expect(bench.suite.pointee.checks(.frz2) == 2)
    #expect(bench.suite.pointee.checks(.frz3) > 0)
  }

  @Test func `an SPTE that another thread froze may not be thawed`() throws {
    let bench = try Bench()
    bench.freeze(.mirrorLeaf)
    bench.other.emit(.readLock)
    bench.write(.store, .mirrorLeaf, Value.frozen, Value.leaf(7), by: bench.other)
    bench.other.drain()
    #expect(bench.found == .frz2)
  }

  @Test func `an xchg to another value over FROZEN is a foreign write`() throws {
    let bench = try Bench()
    bench.write(.xchg, .directLeaf, Value.frozen, Value.empty)
    bench.task.drain()
    #expect(bench.found == .frz2)
  }

  @Test func `taking a table down may set FROZEN over FROZEN until the owner is done`() throws {
    let bench = try Bench()
    bench.shared {
      bench.write(.xchg, .directLeaf, Value.frozen, Value.frozen)
      bench.write(.xchg, .directLeaf, Value.leaf(7), Value.frozen)
    }
    #expect(bench.found == nil)
  }

  @Test func `an owner that finds its SPTE changed has lost it to a thread that ignored FROZEN`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.call(.pageAug)
    bench.write(.store, .mirrorLeaf, Value.leaf(8), Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == .frz2)
  }

  @Test func `a plain store under the shared lock needs an SPTE that the thread owns`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.write(.store, .directLeaf, Value.leaf(7), Value.empty)
    bench.task.drain()
    #expect(bench.found == .frz2)
  }

  @Test func `a plain store under the exclusive lock is what the kernel does`() throws {
    let bench = try Bench()
    bench.exclusive { bench.write(.store, .directLeaf, Value.leaf(7), Value.empty) }
    #expect(bench.found == nil)
  }

  @Test func `mmu_lock may not be dropped with an SPTE frozen`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.task.emit(.readUnlock)
    bench.task.drain()
    #expect(bench.found == .frz3)
  }

  @Test func `an operation may not end with an SPTE frozen`() throws {
    let bench = try Bench()
    bench.freeze(.mirrorLeaf)
    bench.end()
    #expect(bench.found == .frz3)
  }

  @Test func `the entries of a table that is taken down stay frozen for good`() throws {
    let bench = try Bench()
    bench.shared {
      for index in 0..<20 {
        let entry = Entry(index: 9 * 512 + UInt32(index), gfn: UInt64(index), root: .direct)
        bench.write(.xchg, entry, Value.leaf(UInt64(index)), Value.frozen)
      }
    }
    #expect(bench.found == nil)
  }
}
