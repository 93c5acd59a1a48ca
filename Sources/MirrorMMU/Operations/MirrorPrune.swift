/// An experiment: a page table of the mirror root is removed with mmu_lock held for read.
///
/// Upstream removes mirror tables when the VM ends. Here `handle_removed_pt(shared = true)` meets a mirror table whose
/// children others are just setting, frozen while their SEAMCALL lasts: what its wait for a FROZEN child is for.
import Machine

extension TdpMmu {
  /// Removes the level-1 table of `gfn`'s 2M region, with all that it maps.
  /// - Returns: how many tables were removed, 0 or 1.
  func pruneMirror(_ gfn: Gfn) -> Int {
    var count = 0
    task.readLock()
    task.rcuReadLock()
    var iter = TdpIter(task, root: kvm.pointee.mirrorRoot, minLevel: 2, from: Spte.round(gfn, 2))
    while iter.valid && iter.gfn <= gfn {
      if iter.level == 2 {
        if Spte.isNonLeaf(iter.oldSpte, 2) && setSpteAtomic(&iter, Spte.nonpresent) { count += 1 }
        break
      }
      iter.next(task)
    }
    task.rcuReadUnlock()
    task.readUnlock()
    return count
  }
}
