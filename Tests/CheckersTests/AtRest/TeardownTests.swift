/// RCU-1 at teardown: no table outlives the VM.
import Machine
import Testing

@Suite struct TeardownTests {
  @Test func `tables that were all given back raise nothing, whichever task took them`() throws {
    let bench = try Bench()
    let page = bench.task.allocateTable(kind: .direct, level: 1, gfn: 0, fill: Spte.nonpresent)
    bench.other.freeTable(page)
    bench.suite.verifyTornDown(bench.task)
    #expect(bench.found == nil)
    #expect(bench.suite.pointee.checks(.rcu1) == 1)
  }

  @Test func `one table that was not is a leak`() throws {
    let bench = try Bench()
    _ = bench.other.allocateTable(kind: .external, level: 1, gfn: 0, fill: SeptEntry.free)
    bench.suite.verifyTornDown(bench.task)
    #expect(bench.found == .rcu1)
  }

  @Test func `a table that waits for its readers for ever is a leak`() throws {
    let bench = try Bench()
    let page = bench.task.allocateTable(kind: .direct, level: 1, gfn: 0, fill: Spte.nonpresent)
    bench.machine.pointee.arenaView.headers[Int(page)].state = .linked
    bench.other.rcuReadLock()
    bench.task.callRcu(page)
    bench.task.rcuPoll(force: true)
    bench.suite.verifyTornDown(bench.task)
    #expect(bench.found == .rcu1)
  }
}
