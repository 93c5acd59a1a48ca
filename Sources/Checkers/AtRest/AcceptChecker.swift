/// ACC-1: what the guest has accepted stays accepted until a zap covers it.
///
/// An accepted page holds the guest's data. Taken out of the S-EPT and added again it is pending and empty: mirror and
/// S-EPT agree, and the guest has lost what it wrote. So no zap may take more along than it was asked for, and a split
/// must keep what it splits.
///
/// Verified between rounds for every gfn that the guest accepted, or was built with, after the last zap that covers the
/// gfn itself: its leaf in the S-EPT is mapped, not pending. A zap of a neighbour excuses nothing,
/// unlike for MAP-1. Not verified: a page that was taken away without a zap and accepted again before the look.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// By `scratch.bounds`, which hold what the zaps say of this region.
  func lostAccept(_ region: Int) -> Difference? {
    let book = pointee.ledger.books.accepted
    let touched = book.touched[region]
    if touched == 0 { return nil }
    let acceptedAt = book.mappedAt + region * 512
    let huge = book.hugeAt[region]
    let bounds = pointee.scratch.pointee.bounds
    let start = UInt64(region) << 9
    let (parent, level) = externalEntry(start, level: 2)
    let isTable = level == 2 && SeptEntry.state(parent) == .nonLeaf
    let entries =
      pointee.machine.pointee.arenaView.base
      + Int(isTable ? PageArena.page(pfn: SeptEntry.pfn(parent)) : 0) * Spte.entriesPerTable
    for group in SetBits(UInt64(huge != 0 ? .max : touched)) {
      let first = group &* MappingLedger.Book.gfnsPerBit
      for index in first..<first &+ MappingLedger.Book.gfnsPerBit {
        let accepted = max(acceptedAt[index], huge)
        if accepted == 0 || accepted < bounds.covered(index) { continue }
        let external = isTable ? raw_load64(entries + index) : parent
        if SeptEntry.state(external) == .mapped { continue }
        let gfn = start + UInt64(index)
        let found = entry(pointee.mirrorRoot, gfn, level: 1)
        return Difference(
          gfn: gfn, level: found.level, entry: found.entry,
          expected: "mapped in the S-EPT: the guest accepted it and no zap covered it since",
          seen: "S-EPT \(describeSept(external))")
      }
    }
    return nil
  }

  /// The S-EPT's entry of `level` for `gfn`, or the one above it at which the walk ends.
  private func externalEntry(_ gfn: Gfn, level goal: Int) -> (entry: UInt64, level: Int) {
    var page = pointee.septRoot
    var level = Spte.maxLevel
    while true {
      let entry = raw_load64(
        pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable + Spte.index(gfn, level))
      if level == goal || SeptEntry.state(entry) != .nonLeaf { return (entry, level) }
      page = PageArena.page(pfn: SeptEntry.pfn(entry))
      level -= 1
    }
  }
}
