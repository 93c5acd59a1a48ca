/// MAP-1 by kind: at rest the mirror maps private memory alone, and the valid direct root shared memory alone.
///
/// A conversion unmaps what was of the other kind, and keeps faults out that would map the region around it by a huge
/// page. Verified between rounds over a kernel, whose conversions are its own.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// - Parameter isPrivate: what a gfn was last converted to.
  package func verifyKinds(_ task: TaskPointer, directRoot: UInt32, isPrivate: (Gfn) -> Bool) {
    pointee.tasks[task.pointee.id].count(.map1)
    let roots = [(pointee.mirrorRoot, Gfn(0), true), (directRoot, pointee.sharedBits, false)]
    for (root, bits, wantsPrivate) in roots where root != 0 {
      let found = misplaced(root, Spte.maxLevel, 0) { isPrivate($0 & ~bits) == wantsPrivate }
      guard let found else { continue }
      return task.violation(
        .map1, gfn: found.gfn & ~bits, level: found.level, entry: found.entry,
        expected: "\(wantsPrivate ? "private" : "shared") memory alone below this root",
        seen: "\(describeSpte(found.spte, UInt8(found.level))) of \(wantsPrivate ? "shared" : "private") memory")
    }
  }

  /// The first leaf below a table that maps a gfn which does not belong there.
  private func misplaced(_ page: UInt32, _ level: Int, _ base: Gfn, _ belongs: (Gfn) -> Bool) -> Misplaced? {
    let entries = pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable
    for line in SetBits(pointee.machine.pointee.linesInUse(page)) {
      let run = line &* RUN_LENGTH
      for bit in SetBits(UInt64(run_unlike64(entries + run, Spte.nonpresent))) {
        let spte = raw_load64(entries + run + bit)
        let first = base &+ UInt64(run + bit) &* Spte.pages(level)
        if Spte.isLeaf(spte, level) {
          guard let gfn = (first..<first + Spte.pages(level)).first(where: { !belongs($0) }) else { continue }
          return Misplaced(gfn: gfn, level: level, entry: page &* 512 &+ UInt32(run + bit), spte: spte)
        }
        guard Spte.isShadowPresent(spte) else { continue }
        if let found = misplaced(PageArena.page(pfn: Spte.pfn(spte)), level - 1, first, belongs) { return found }
      }
    }
    return nil
  }
}

private struct Misplaced {
  var gfn: Gfn
  var level: Int
  var entry: UInt32
  var spte: UInt64
}
