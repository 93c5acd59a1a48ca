/// MAP-1 by kind, and below roots that are invalid: what no gfn's own history tells.
import CAtomics
import Checkers
import Machine
import Testing

@Suite struct KindCheckerTests {
  /// Gfns below 1024 are private.
  private func found(_ trees: Trees, isPrivate: (Gfn) -> Bool = { $0 < 1024 }) -> CheckerID? {
    trees.bench.suite.verifyKinds(trees.bench.task, directRoot: trees.direct, isPrivate: isPrivate)
    return trees.bench.found
  }

  @Test func `each kind of memory below its own root`() throws {
    let trees = Trees(try Bench())
    trees.mapPrivate(600)
    trees.mapPrivate(512 * 3)
    trees.mapShared(1024, level: 2)
    trees.mapShared(600 + 1024 * 4)
    #expect(found(trees) { $0 < 1024 || $0 == 512 * 3 } == nil)
    #expect(trees.bench.suite.pointee.checks(.map1) == 1)
  }

  @Test func `a private page below the direct root, and a shared one below the mirror`() throws {
    let direct = Trees(try Bench())
    direct.mapShared(700)
    #expect(found(direct) == .map1)
    #expect(direct.bench.machine.pointee.reports.violation?.gfn == 700)
    let mirror = Trees(try Bench())
    mirror.mapPrivate(600)
    mirror.mapPrivate(1024)
    #expect(found(mirror) == .map1)
    #expect(mirror.bench.machine.pointee.reports.violation?.gfn == 1024)
  }

  @Test(arguments: [Gfn(1024), 1300, 1535])
  func `a huge page of which one gfn is of the other kind`(gfn: Gfn) throws {
    let trees = Trees(try Bench())
    trees.mapShared(1024, level: 2)
    #expect(found(trees) { $0 == gfn } == .map1)
    #expect(trees.bench.machine.pointee.reports.violation?.gfn == gfn)
  }

  @Test func `an invalid root is empty once its zap has returned`() throws {
    let trees = Trees(try Bench())
    let root = trees.bench.task.allocateTable(kind: .direct, level: 4, gfn: 0, fill: Spte.nonpresent)
    #expect(trees.foundAtRest(invalidRoots: [root]) == nil)
    let left = Trees(try Bench())
    let (old, table) = (
      left.bench.task.allocateTable(kind: .direct, level: 4, gfn: 0, fill: Spte.nonpresent),
      left.bench.task.allocateTable(kind: .direct, level: 3, gfn: 0, fill: Spte.nonpresent)
    )
    raw_store64(left.bench.machine.pointee.arena.table(old) + 1, Value.table(table))
    left.bench.task.pointee.tableStatistics += 1
    #expect(left.foundAtRest(invalidRoots: [old]) == .map1)
    #expect(left.bench.machine.pointee.reports.violation?.gfn == 1 << 27)
  }
}
