/// EQ-1 and FRZ-1: mirror and S-EPT describe the same tree, and nothing in it is frozen.
///
/// Verified over a range whenever mmu_lock is taken or dropped for write, over everything between rounds. A guest may
/// accept pages meanwhile: pending and mapped are the same to this rule.
import CAtomics
import Machine

/// The first place where the two trees part.
package struct Difference: Sendable {
  package var gfn: Gfn
  package var level: Int
  package var entry: UInt32
  package var expected: String
  package var seen: String
  package var isFrozen = false
}

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// EQ-1 over `range` while mmu_lock is held for write. A frozen SPTE here was left by a thread that is not in an
  /// mmu_lock section any more: that is FRZ-3, seen before the thread itself comes to tell.
  func checkTreesAlike(_ task: TaskPointer, _ range: Range<Gfn>) {
    guard pointee.mirrorRoot != 0 else { return }
    pointee.tasks[task.pointee.id].count(.eq1)
    guard let difference = firstDifference(range) else { return }
    task.violationAfterDrain(
      difference.isFrozen ? .frz3 : .eq1, gfn: difference.gfn, level: difference.level, entry: difference.entry,
      expected: difference.isFrozen
        ? "no mirror SPTE is frozen while mmu_lock is held for write" : difference.expected,
      seen: difference.isFrozen ? "FROZEN, by a thread that has dropped mmu_lock" : difference.seen)
  }

  func firstDifference(_ range: Range<Gfn>) -> Difference? {
    guard !range.isEmpty, pointee.mirrorRoot != 0,
      let found = compare(pointee.mirrorRoot, pointee.septRoot, Spte.maxLevel, range.lowerBound, range.upperBound)
    else { return nil }
    return Difference(
      gfn: found.gfn, level: found.level, entry: found.entry,
      expected: "mirror \(describeSpte(found.spte, UInt8(found.level))) and S-EPT alike",
      seen: "S-EPT \(describeSept(found.external))", isFrozen: Spte.isFrozen(found.spte))
  }

  private func compare(_ mirror: UInt32, _ sept: UInt32, _ level: Int, _ lower: Gfn, _ upper: Gfn) -> Mismatch? {
    let arena = pointee.machine.pointee.arenaView
    let mirrorTable = arena.base + Int(mirror) * Spte.entriesPerTable
    let septTable = arena.base + Int(sept) * Spte.entriesPerTable
    let table = TableRange(lower, upper, level)
    let machine = pointee.machine
    for line in table.clip(lines: machine.pointee.linesInUse(mirror) | machine.pointee.linesInUse(sept)) {
      let run = line &* RUN_LENGTH
      let held = run_unlike64(mirrorTable + run, Spte.nonpresent) | run_unlike64(septTable + run, SeptEntry.free)
      for bit in table.clip(entries: held, run) {
        let index = run + bit
        let spte = raw_load64(mirrorTable + index)
        let entry = raw_load64(septTable + index)
        let gfn = table.gfn(index)
        if !matches(spte, entry, level) {
          return Mismatch(
            gfn: gfn, level: level, entry: mirror &* 512 &+ UInt32(index), spte: spte, external: entry)
        }
        if Spte.isNonLeaf(spte, level) {
          let (child, external) = (PageArena.page(pfn: Spte.pfn(spte)), PageArena.page(pfn: SeptEntry.pfn(entry)))
          let end = min(upper, gfn + Spte.pages(level))
          if let found = compare(child, external, level - 1, max(lower, gfn), end) { return found }
        }
      }
    }
    return nil
  }

  @inline(__always) private func matches(_ spte: UInt64, _ entry: UInt64, _ level: Int) -> Bool {
    let state = SeptEntry.state(entry)
    guard Spte.isShadowPresent(spte) else { return spte == Spte.nonpresent && state == .free }
    if Spte.isLast(spte, level) {
      return (state == .mapped || state == .pending) && SeptEntry.pfn(entry) == Spte.pfn(spte)
    }
    let header = pointee.machine.pointee.arenaView.headers + Int(PageArena.page(pfn: Spte.pfn(spte)))
    return state == .nonLeaf && PageArena.page(pfn: SeptEntry.pfn(entry)) == header.pointee.externalPage
  }
}

/// A mirror SPTE and the external entry beside it that do not describe the same.
private struct Mismatch {
  var gfn: Gfn
  var level: Int
  var entry: UInt32
  var spte: UInt64
  var external: UInt64
}
