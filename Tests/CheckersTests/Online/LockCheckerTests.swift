/// LCK-2: no lock and no RCU section outlives the operation that took it.
import Machine
import Testing

@Suite struct LockCheckerTests {
  @Test func `locks taken and released in pairs raise nothing`() throws {
    let bench = try Bench()
    let task = bench.task
    task.readLock()
    task.rcuReadLock()
    task.lockPages()
    task.unlockPages()
    task.rcuReadUnlock()
    task.readUnlock()
    task.writeLock()
    task.writeUnlock()
    bench.end()
    #expect(bench.found == nil)
    #expect(bench.suite.pointee.checks(.lck2) == 1)
  }

  @Test(arguments: ["read", "write", "rcu", "pages"])
  func `a lock that is left held is found when the operation ends`(kind: String) throws {
    let bench = try Bench()
    let task = bench.task
    switch kind {
    case "read": task.readLock()
    case "write": task.writeLock()
    case "rcu": task.rcuReadLock()
    default: task.lockPages()
    }
    task.drain()
    #expect(bench.found == nil)
    bench.end()
    #expect(bench.found == .lck2)
  }

  @Test func `what is left held is named`() throws {
    let bench = try Bench()
    bench.task.lockPages()
    bench.end()
    let violation = try #require(bench.machine.pointee.reports.violation)
    #expect(violation.seen == "mmu_lock none, RCU depth 0, tdp_mmu_pages_lock held")
  }
}
