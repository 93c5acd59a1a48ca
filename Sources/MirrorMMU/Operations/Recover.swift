/// Huge-page recovery: `kvm_tdp_mmu_recover_huge_pages()`, on the direct root alone.
import CAtomics
import Machine

extension TdpMmu {
  /// Replaces the tables of `range` by 2M pages where the attributes allow it; mmu_lock held for read.
  /// - Returns: how many were replaced.
  func recoverHugePages(_ range: Range<Gfn>) -> Int {
    var count = 0
    task.readLock()
    forEachDirectRoot(validOnly: true) { root, _ in
      task.rcuReadLock()
      var iter = TdpIter(task, root: root, minLevel: 2, from: range.lowerBound)
      while iter.valid && iter.gfn < range.upperBound {
        if iterCondResched(&iter) {
          iter.next(task)
          continue
        }
        while iter.level == 2 && Spte.isNonLeaf(iter.oldSpte, 2) && iter.gfn >= range.lowerBound {
          guard allowsSharedHuge(iter.gfn) else { break }
          guard let huge = makeHugeSpte(iter.oldSpte) else { break }
          if setSpteAtomic(&iter, huge) {
            count += 1
            break
          }
          if task.isHalted { break }
        }
        iter.next(task)
      }
      task.rcuReadUnlock()
    }
    task.readUnlock()
    return count
  }

  /// `tdp_mmu_make_huge_spte()`: from the first leaf that the table holds, nil if it holds none.
  private func makeHugeSpte(_ parent: UInt64) -> UInt64? {
    let table = task.pointee.machine.pointee.arena.table(PageArena.page(pfn: Spte.pfn(parent)))
    for index in 0..<Spte.entriesPerTable {
      let small = task.readSpte(table + index)
      if Spte.isLeaf(small, 1) { return (small | Spte.pageSize) & ~(UInt64(511) << 12) }
    }
    return nil
  }
}
