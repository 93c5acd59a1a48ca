/// MAP-1 at the end of a zap: what it covered is gone, seen while mmu_lock is still held for write.
///
/// Faults on the range are kept out while the zap is under way, also where it yields, so that the whole range must be
/// empty at its end. Between rounds this could not be told any more: a later fault maps again what was left mapped.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  func checkZapped(_ task: TaskPointer, _ range: Range<Gfn>) {
    switch task.pointee.zapping {
    case .nothing: break
    case .privateMemory: checkEmpty(task, pointee.mirrorRoot, range)
    case .sharedMemory: checkDirectRoots(task, range)
    }
  }

  private func checkDirectRoots(_ task: TaskPointer, _ range: Range<Gfn>) {
    for index in 0..<pointee.directRoots.count {
      guard let slot = pointee.directRoots.baseAddress.map({ $0 + index }) else { return }
      let page = UInt32(truncatingIfNeeded: raw_load64(slot))
      if page != 0 { checkEmpty(task, page, range) }
    }
  }

  private func checkEmpty(_ task: TaskPointer, _ root: UInt32, _ range: Range<Gfn>) {
    pointee.tasks[task.pointee.id].count(.map1)
    guard let found = firstLeaf(root, Spte.maxLevel, range) else { return }
    task.violationAfterDrain(
      .map1, gfn: found.gfn, level: found.level, entry: found.entry, expected: "not mapped: a zap has just covered it",
      seen: found.seen)
  }

  private func firstLeaf(_ page: UInt32, _ level: Int, _ range: Range<Gfn>) -> Difference? {
    let table = pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable
    let pages = Spte.pages(level)
    var gfn = Spte.round(range.lowerBound, level)
    var index = Spte.index(gfn, level)
    while gfn < range.upperBound && index < Spte.entriesPerTable {
      let spte = raw_load64(table + index)
      if Spte.isLeaf(spte, level) {
        return Difference(
          gfn: gfn, level: level, entry: page &* 512 &+ UInt32(index), expected: "",
          seen: describeSpte(spte, UInt8(level)))
      }
      if Spte.isShadowPresent(spte) {
        let inside = max(range.lowerBound, gfn)..<min(range.upperBound, gfn + pages)
        if let found = firstLeaf(PageArena.page(pfn: Spte.pfn(spte)), level - 1, inside) { return found }
      }
      gfn += pages
      index += 1
    }
    return nil
  }
}
