/// Small trees made by hand: a mirror root with its S-EPT, a direct root, and their statistics.
import CAtomics
import Machine

/// The roots of a bench, and what stands below them. Statistics follow every change.
struct Trees {
  let bench: Bench
  let mirror: UInt32
  let sept: UInt32
  let direct: UInt32
  /// The words of two slots for direct roots; the second is in use. Not freed: a few bytes a test.
  let slots: UnsafeMutablePointer<UInt64>

  /// Empty roots, with a round begun over them.
  init(_ bench: Bench) {
    self.bench = bench
    let task = bench.task
    sept = task.allocateTable(kind: .external, level: Spte.maxLevel, gfn: 0, fill: SeptEntry.free)
    mirror = task.allocateTable(kind: .mirror, level: Spte.maxLevel, gfn: 0, fill: Spte.nonpresent)
    direct = task.allocateTable(kind: .direct, level: Spte.maxLevel, gfn: 0, fill: Spte.nonpresent)
    bench.machine.pointee.arenaView.headers[Int(mirror)].externalPage = sept
    slots = .allocate(capacity: 2)
    slots.initialize(repeating: 0, count: 2)
    slots[1] = UInt64(direct)
    beginRound()
  }

  /// gfn 7 of the direct root is mapped with all rights, W and D set, by a page of this level.
  static func sharing(level: Int) throws -> Trees {
    let trees = Trees(try Bench())
    trees.mapShared(level == 1 ? 7 : 0, level: level)
    return trees
  }

  func beginRound() {
    bench.suite.beginRound(
      mirrorRoot: mirror, septRoot: sept, directRoots: UnsafeBufferPointer(start: slots, count: 2))
  }

  /// Maps `gfn` in the mirror and alike in the S-EPT.
  func mapPrivate(_ gfn: Gfn, level: Int = 1, state: SeptEntry.State = .mapped) {
    let spte = walk(mirror, gfn, to: level)
    raw_store64(spte, Value.leaf(gfn, level: level))
    raw_store64(septEntry(gfn, level: level), SeptEntry.make(state, pfn: gfn))
    bench.task.pointee.pageStatistics[level] += 1
  }

  func mapShared(_ gfn: Gfn, level: Int = 1) {
    raw_store64(walk(direct, gfn, to: level), Value.leaf(gfn, level: level))
    bench.task.pointee.pageStatistics[level] += 1
  }

  func spte(_ gfn: Gfn, level: Int = 1) -> SptePointer { walk(mirror, gfn, to: level) }

  func directSpte(_ gfn: Gfn, level: Int = 1) -> SptePointer { walk(direct, gfn, to: level) }

  func septEntry(_ gfn: Gfn, level: Int = 1) -> SptePointer {
    let page = bench.machine.pointee.arena.index(of: walk(mirror, gfn, to: level))
    let external = bench.machine.pointee.arenaView.headers[Int(page)].externalPage
    return bench.machine.pointee.arena.table(external) + Spte.index(gfn, level)
  }

  /// The entry of `level` for `gfn`; tables are made on the way where there are none.
  private func walk(_ root: UInt32, _ gfn: Gfn, to goal: Int) -> SptePointer {
    let arena = bench.machine.pointee.arena
    var page = root
    for level in stride(from: Spte.maxLevel, to: goal, by: -1) {
      let entry = arena.table(page) + Spte.index(gfn, level)
      if !Spte.isNonLeaf(raw_load64(entry), level) { makeTable(below: entry, of: page, gfn, level) }
      page = PageArena.page(pfn: Spte.pfn(raw_load64(entry)))
    }
    return arena.table(page) + Spte.index(gfn, goal)
  }

  private func makeTable(below entry: SptePointer, of page: UInt32, _ gfn: Gfn, _ level: Int) {
    let task = bench.task
    let headers = bench.machine.pointee.arenaView.headers
    let kind = headers[Int(page)].kind
    let start = Spte.round(gfn, level)
    let child = task.allocateTable(kind: kind, level: level - 1, gfn: start, fill: Spte.nonpresent)
    if kind == .mirror {
      let external = task.allocateTable(kind: .external, level: level - 1, gfn: start, fill: SeptEntry.free)
      headers[Int(child)].externalPage = external
      let parent = bench.machine.pointee.arena.table(headers[Int(page)].externalPage) + Spte.index(gfn, level)
      raw_store64(parent, SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(external)))
    }
    raw_store64(entry, Value.table(child))
    task.pointee.tableStatistics += 1
  }

  /// What the checks between rounds find, nil for nothing.
  func foundAtRest(invalidRoots: [UInt32] = []) -> CheckerID? {
    bench.suite.verifyAtRest(bench.task, directRoot: direct, invalidRoots: invalidRoots)
    return bench.found
  }
}
