/// ORD-1, ORD-2 and ORD-3: the order of freeze, external write and final store under the shared lock.
import Machine
import Testing

@Suite struct OrderCheckerTests {
  @Test func `freeze, external write, final store is the right order`() throws {
    let bench = try Bench()
    bench.shared {
      bench.freeze(.mirrorTable)
      bench.call(.septAdd, .mirrorTable)
      bench.thaw(.mirrorTable, Value.table(5))
      bench.freeze(.mirrorLeaf)
      bench.call(.pageAug)
      bench.thaw(.mirrorLeaf, Value.leaf(7))
    }
    #expect(bench.found == nil)
    for checker in [CheckerID.ord1, .ord2, .ord3, .ord4] { #expect(bench.suite.pointee.checks(checker) == 2) }
  }

  @Test func `a refused external write is followed by the old value, and may be tried again`() throws {
    let bench = try Bench()
    bench.shared {
      for status in [TdxStatus.operandBusy, .operandBusy, .success] {
        bench.freeze(.mirrorLeaf)
        bench.call(.pageAug, .mirrorLeaf, status)
        bench.thaw(.mirrorLeaf, status == .success ? Value.leaf(7) : Value.empty)
      }
    }
    #expect(bench.found == nil)
  }

  @Test(arguments: [TdxStatus?.some(.success), .some(.operandBusy), nil])
  func `where initial pages are premapped, PAGE.ADD is due by the end of the operation`(status: TdxStatus?) throws {
    let bench = try Bench()
    bench.suite.pointee.premapsPages = true
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.thaw(.mirrorLeaf, Value.leaf(7))
    bench.task.emit(.readUnlock)
    if let status { bench.call(.pageAdd, .mirrorLeaf, status) }
    bench.task.drain()
    #expect(bench.found == nil)
    bench.end()
    #expect(bench.found == (status == .success ? nil : .ord2))
  }

  @Test(arguments: [Entry.mirrorTable, .mirrorLeaf])
  func `a table, and any page once the TD is finalized, is told of first`(entry: Entry) throws {
    let bench = try Bench()
    bench.suite.pointee.premapsPages = entry.level > 1
    bench.task.emit(.readLock)
    bench.freeze(entry)
    bench.thaw(entry, entry.level > 1 ? Value.table(5) : Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == .ord2)
  }

  @Test func `an external write that comes once more after the thaw is told as the second one`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.call(.pageAug)
    bench.thaw(.mirrorLeaf, Value.leaf(7))
    bench.call(.pageAug)
    bench.task.drain()
    #expect(bench.found == .dup1)
  }

  @Test func `an external write in a later section is not the second one of an earlier`() throws {
    let bench = try Bench()
    bench.shared {
      bench.freeze(.mirrorLeaf)
      bench.call(.pageAug)
      bench.thaw(.mirrorLeaf, Value.leaf(7))
    }
    bench.task.emit(.readLock)
    bench.call(.pageAug)
    bench.task.drain()
    #expect(bench.found == .ord1)
  }

  @Test func `an external write under the shared lock needs a frozen SPTE`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.call(.pageAug)
    bench.task.drain()
    #expect(bench.found == .ord1)
  }

  @Test(arguments: [Entry.otherMirrorLeaf, .directLeaf, Entry(index: 6 * 512 + 9, gfn: 7, level: 2)])
  func `another frozen SPTE does not cover an external write`(entry: Entry) throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(entry)
    bench.call(.pageAug)
    bench.task.drain()
    #expect(bench.found == .ord1)
  }

  @Test func `an external write after the final store comes too late`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.thaw(.mirrorLeaf, Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == .ord2)
  }

  @Test func `a mirror SPTE becomes present by a thaw, not by one cmpxchg`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.write(.cmpxchg, .mirrorLeaf, Value.empty, Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == .ord2)
  }

  @Test func `a direct SPTE becomes present by one cmpxchg`() throws {
    let bench = try Bench()
    bench.shared { bench.write(.cmpxchg, .directLeaf, Value.empty, Value.leaf(7)) }
    #expect(bench.found == nil)
  }

  @Test func `the new value may not stand after a refused external write`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.call(.pageAug, .mirrorLeaf, .operandBusy)
    bench.thaw(.mirrorLeaf, Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == .ord3)
  }

  @Test func `the old value may not come back after an external write that succeeded`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    bench.call(.pageAug)
    bench.thaw(.mirrorLeaf, Value.empty)
    bench.task.drain()
    #expect(bench.found == .ord3)
  }
}
