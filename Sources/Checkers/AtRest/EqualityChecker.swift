/// EQ-1 and FRZ-1: mirror and S-EPT describe the same tree, and nothing in it is frozen.
///
/// Verified over a range whenever mmu_lock is taken or dropped for write, over everything between rounds. A guest may
/// accept pages meanwhile: pending and mapped are the same to this rule.
import CAtomics
import Machine

/// The first place where the two trees part.
public struct Difference: Sendable {
  public var gfn: Gfn
  public var level: Int
  public var entry: UInt32
  public var expected: String
  public var seen: String
  public var isFrozen = false
}

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// EQ-1 over `range` while mmu_lock is held for write. A frozen SPTE here was left by a thread that is not in an
  /// mmu_lock section any more: that is FRZ-3, seen before the thread itself comes to tell.
  func checkTreesAlike(_ task: TaskPointer, _ range: Range<Gfn>) {
    pointee.tasks[task.pointee.id].count(.eq1)
    guard let difference = firstDifference(range) else { return }
    task.violationAfterDrain(
      difference.isFrozen ? .frz3 : .eq1, gfn: difference.gfn, level: difference.level, entry: difference.entry,
      expected: difference.isFrozen
        ? "no mirror SPTE is frozen while mmu_lock is held for write" : difference.expected,
      seen: difference.isFrozen ? "FROZEN, by a thread that has dropped mmu_lock" : difference.seen)
  }

  func firstDifference(_ range: Range<Gfn>) -> Difference? {
    guard !range.isEmpty else { return nil }
    return compare(pointee.mirrorRoot, pointee.septRoot, Spte.maxLevel, range)
  }

  private func compare(_ mirror: UInt32, _ sept: UInt32, _ level: Int, _ range: Range<Gfn>) -> Difference? {
    let arena = pointee.machine.pointee.arenaView
    let mirrorTable = arena.base + Int(mirror) * Spte.entriesPerTable
    let septTable = arena.base + Int(sept) * Spte.entriesPerTable
    let pages = Spte.pages(level)
    var gfn = Spte.round(range.lowerBound, level)
    var index = Spte.index(gfn, level)
    while gfn < range.upperBound && index < Spte.entriesPerTable {
      let spte = raw_load64(mirrorTable + index)
      let entry = raw_load64(septTable + index)
      if !matches(spte, entry, level) {
        return Difference(
          gfn: gfn, level: level, entry: mirror &* 512 &+ UInt32(index),
          expected: "mirror \(describeSpte(spte, UInt8(level))) and S-EPT alike", seen: "S-EPT \(describeSept(entry))",
          isFrozen: Spte.isFrozen(spte))
      }
      if Spte.isNonLeaf(spte, level) {
        let inside = max(range.lowerBound, gfn)..<min(range.upperBound, gfn + pages)
        let (child, external) = (PageArena.page(pfn: Spte.pfn(spte)), PageArena.page(pfn: SeptEntry.pfn(entry)))
        if let difference = compare(child, external, level - 1, inside) { return difference }
      }
      gfn += pages
      index += 1
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
