/// The online checkers read each task's ring in order, however often it is drained.
import Machine
import Testing

@Suite struct EventRingTests {
  @Test func `a change that spans several drains is followed to its end`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.task.drain()
    bench.freeze(.mirrorLeaf)
    bench.task.drain()
    bench.call(.pageAug)
    bench.task.drain()
    bench.thaw(.mirrorLeaf, Value.leaf(7))
    bench.task.emit(.readUnlock)
    bench.end()
    #expect(bench.found == nil)
  }

  @Test func `more events than the ring holds lose nothing`() throws {
    let bench = try Bench()
    bench.task.emit(.readLock)
    bench.freeze(.mirrorLeaf)
    for _ in 0..<(2 * Task.eventCapacity) { bench.task.emit(.lockYielded) }
    bench.thaw(.mirrorLeaf, Value.leaf(7))
    bench.task.drain()
    #expect(bench.found == .ord2)
  }

  @Test func `tasks are told apart`() throws {
    let bench = try Bench()
    bench.freeze(.mirrorLeaf)
    bench.other.emit(.readLock)
    bench.other.emit(.readUnlock)
    bench.other.emit(.operationEnd)
    bench.other.drain()
    #expect(bench.found == nil)
  }

  @Test func `the violation that happened first is kept, whoever comes to tell of it first`() throws {
    let bench = try Bench()
    bench.write(.store, .mirrorLeaf, Value.frozen, Value.leaf(7), by: bench.other)
    bench.call(.pageReclaim, .mirrorTable, .childrenPresent)
    bench.task.drain()
    #expect(bench.found == .ord4)
    bench.other.drain()
    #expect(bench.found == .frz2)
    #expect(bench.machine.pointee.reports.violation?.task == 1)
  }

  @Test func `only the first violation of a task is kept`() throws {
    let bench = try Bench()
    bench.call(.pageReclaim, .mirrorTable, .childrenPresent)
    bench.freeze(.mirrorLeaf)
    bench.end()
    #expect(bench.found == .ord4)
    #expect(bench.task.isHalted)
  }
}
