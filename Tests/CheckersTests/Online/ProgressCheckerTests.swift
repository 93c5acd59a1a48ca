/// LIV-1 on lost cmpxchgs written by hand: a stale expectation is found, contention is not.
import Checkers
import Machine
import Testing

@Suite struct ProgressCheckerTests {
  @Test func `a retry that goes on expecting a stale value is found`() throws {
    let bench = try Bench()
    for _ in 0..<63 { bench.write(.cmpxchgLost, .directLeaf, Value.leaf(7), Value.empty) }
    bench.task.drain()
    #expect(bench.found == nil)
    bench.write(.cmpxchgLost, .directLeaf, Value.leaf(7), Value.empty)
    bench.task.drain()
    #expect(bench.found == .liv1)
  }

  @Test func `retries that take the value they were refused with may lose as often as they must`() throws {
    let bench = try Bench()
    for turn in 0..<200 as Range<UInt64> {
      bench.write(.cmpxchgLost, .directLeaf, Value.leaf(turn), Value.leaf(turn + 1))
      bench.task.drain()
    }
    #expect(bench.found == nil)
  }

  @Test func `each operation counts for itself`() throws {
    let bench = try Bench()
    for _ in 0..<4 {
      bench.task.emit(.operationBegin)
      for _ in 0..<50 { bench.write(.cmpxchgLost, .directLeaf, Value.leaf(7), Value.empty) }
      bench.task.drain()
    }
    #expect(bench.found == nil)
  }
}
