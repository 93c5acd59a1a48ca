/// Splitting huge pages: `kvm_tdp_mmu_try_split_huge_pages()`.
import CAtomics
import Machine

extension TdpMmu {
  /// Splits the 2M pages of `range` in the valid roots. The direct root under either lock, the mirror root under the
  /// exclusive one only, as the external table demands.
  /// - Returns: how many were split.
  func trySplitHugePages(_ range: Range<Gfn>, shared: Bool) -> Int {
    var count = 0
    if shared { task.readLock() } else { task.writeLock() }
    if !shared && kvm.pointee.holdsPrivateHuge {
      // Faults are kept out: between the disallowing and the split they would meet a huge page that they must not
      // split.
      kvm.pointee.invalidation.begin(range)
      count += splitMirror(range)
      kvm.pointee.invalidation.finish(task)
    }
    forEachDirectRoot(validOnly: true) { root, _ in count += splitHugePagesRoot(root, range, shared: shared) }
    if shared { task.readUnlock() } else { task.writeUnlock() }
    return count
  }

  /// Splits the mirror root's huge pages in `range` and keeps the regions split: the S-EPT cannot promote them again.
  /// mmu_lock is held for write.
  func splitMirror(_ range: Range<Gfn>) -> Int {
    for gfn in stride(from: Spte.round(range.lowerBound, 2), to: range.upperBound, by: 512) {
      kvm.pointee.attributes.disallowHuge(gfn)
    }
    return splitHugePagesRoot(kvm.pointee.mirrorRoot, range, shared: false)
  }

  /// `tdp_mmu_split_huge_pages_root()`
  func splitHugePagesRoot(_ root: UInt32, _ range: Range<Gfn>, shared: Bool) -> Int {
    var count = 0
    var spare: UInt32 = 0
    task.rcuReadLock()
    var iter = TdpIter(task, root: root, minLevel: 2, from: range.lowerBound)
    while iter.valid && iter.gfn < range.upperBound {
      if iterCondResched(&iter) {
        iter.next(task)
        continue
      }
      while Spte.isLeaf(iter.oldSpte, iter.level) && Spte.isLarge(iter.oldSpte) {
        if spare == 0 { spare = allocChild(iter) } else { reuse(spare, iter) }
        guard spare != 0 else { break }
        if splitHugePage(&iter, spare, shared: shared) {
          spare = 0
          count += 1
          break
        }
        if task.isHalted { break }
      }
      iter.next(task)
    }
    task.rcuReadUnlock()
    if spare != 0 { freeUnused(spare) }
    return count
  }

  /// `tdp_mmu_init_child_sp()` of a table that a lost split left over.
  func reuse(_ page: UInt32, _ iter: borrowing TdpIter) {
    header(page).pointee.gfn = iter.gfn
    header(page).pointee.parent = iter.sptep
    let external = header(page).pointee.externalPage
    if external != 0 { header(external).pointee.gfn = iter.gfn }
  }

  /// `tdp_mmu_split_huge_page()`
  func splitHugePage(_ iter: inout TdpIter, _ page: UInt32, shared: Bool) -> Bool {
    let huge = iter.oldSpte
    let table = task.pointee.machine.pointee.arena.table(page)
    // make_small_spte(): the table is not linked yet, no other thread can reach it.
    for index in 0..<Spte.entriesPerTable {
      raw_store64(table + index, (huge | (UInt64(index) << 12)) & ~Spte.pageSize)
    }
    task.markWritten(all: page)
    guard linkSp(&iter, page, shared: shared) else { return false }
    updatePageStatistics(iter.level - 1, Int64(Spte.entriesPerTable))
    return true
  }
}
