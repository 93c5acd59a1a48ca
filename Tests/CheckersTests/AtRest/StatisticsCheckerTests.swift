/// CNT-1: the statistics of all tasks together equal what the tables hold.
import CAtomics
import Machine
import Testing

@Suite struct StatisticsCheckerTests {
  private func grown() throws -> Trees {
    let trees = Trees(try Bench())
    trees.mapPrivate(3)
    trees.mapShared(1 << 18)
    trees.mapShared(2 << 18, level: 2)
    return trees
  }

  @Test func `statistics that agree raise nothing, whichever task counted`() throws {
    let trees = try grown()
    trees.bench.task.pointee.pageStatistics[1] -= 5
    trees.bench.other.pointee.pageStatistics[1] += 5
    trees.bench.task.pointee.tableStatistics -= 7
    trees.bench.other.pointee.tableStatistics += 7
    #expect(trees.foundAtRest() == nil)
    #expect(trees.bench.suite.pointee.checks(.cnt1) == 1)
  }

  @Test(arguments: [1, 2, 3, 4], [Int64(-1), 1])
  func `a page counted once too often or not at all`(level: Int, error: Int64) throws {
    let trees = try grown()
    trees.bench.other.pointee.pageStatistics[level] += error
    #expect(trees.foundAtRest() == .cnt1)
  }

  @Test(arguments: [Int64(-1), 1])
  func `a table counted once too often or not at all`(error: Int64) throws {
    let trees = try grown()
    trees.bench.other.pointee.tableStatistics += error
    #expect(trees.foundAtRest() == .cnt1)
  }

  @Test func `the direct root counts, and so do roots that are invalid and still hold pages`() throws {
    let trees = try grown()
    raw_store64(trees.directSpte(1 << 18), Spte.nonpresent)
    #expect(trees.foundAtRest() == .cnt1)

    let others = try grown()
    let root = others.bench.task.allocateTable(kind: .direct, level: 4, gfn: 0, fill: Spte.nonpresent)
    let table = others.bench.task.allocateTable(kind: .direct, level: 3, gfn: 0, fill: Spte.nonpresent)
    raw_store64(others.bench.machine.pointee.arena.table(root), Value.table(table))
    #expect(others.foundAtRest(invalidRoots: [root]) == .cnt1)
  }
}
