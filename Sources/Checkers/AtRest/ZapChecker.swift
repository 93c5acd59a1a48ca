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
    case .privateMemory: checkEmpty(task, pointee.mirrorRoot, range, 0)
    case .sharedMemory: checkDirectRoots(task, range)
    }
  }

  private func checkDirectRoots(_ task: TaskPointer, _ range: Range<Gfn>) {
    for index in 0..<pointee.directRoots.count {
      guard let slot = pointee.directRoots.baseAddress.map({ $0 + index }) else { return }
      let page = UInt32(truncatingIfNeeded: raw_load64(slot))
      if page != 0 { checkEmpty(task, page, range, pointee.sharedBits) }
    }
  }

  private func checkEmpty(_ task: TaskPointer, _ root: UInt32, _ range: Range<Gfn>, _ bits: Gfn) {
    pointee.tasks[task.pointee.id].count(.map1)
    guard !range.isEmpty, let found = firstLeaf(root, Spte.maxLevel, range.lowerBound | bits, range.upperBound + bits)
    else { return }
    task.violationAfterDrain(
      .map1, gfn: found.gfn &- bits, level: found.level, entry: found.entry,
      expected: "not mapped: a zap has just covered it",
      seen: describeSpte(found.spte, UInt8(found.level)))
  }

  private func firstLeaf(_ page: UInt32, _ level: Int, _ lower: Gfn, _ upper: Gfn) -> Leaf? {
    let entries = pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable
    let table = TableRange(lower, upper, level)
    for line in table.clip(lines: pointee.machine.pointee.linesInUse(page)) {
      let run = line &* RUN_LENGTH
      for bit in table.clip(entries: run_unlike64(entries + run, Spte.nonpresent), run) {
        let index = run + bit
        let spte = raw_load64(entries + index)
        let gfn = table.gfn(index)
        if Spte.isLeaf(spte, level) {
          return Leaf(gfn: gfn, level: level, entry: page &* 512 &+ UInt32(index), spte: spte)
        }
        guard Spte.isShadowPresent(spte) else { continue }
        let (child, end) = (PageArena.page(pfn: Spte.pfn(spte)), min(upper, gfn + Spte.pages(level)))
        if let found = firstLeaf(child, level - 1, max(lower, gfn), end) { return found }
      }
    }
    return nil
  }
}

private struct Leaf {
  var gfn: Gfn
  var level: Int
  var entry: UInt32
  var spte: UInt64
}
