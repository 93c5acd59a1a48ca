/// An experiment: `kvm_tdp_mmu_try_split_huge_pages()` of the mirror root with mmu_lock held for read.
///
/// Upstream splits private huge pages under the write lock alone. Under the read lock a fault may be anywhere between
/// its decision on a level and its cmpxchg, and no invalidation keeps it out. What the series would have to do, and
/// what the model does:
///
/// - A fault that decided on 2M and meets a table steps down instead of replacing the table by a huge page, which the
///   S-EPT could not follow: `disallowed_hugepage_adjust()` for mirror roots, not for NX alone. See `stepsDown()`.
/// - `lpage_info` of a region is written after its split succeeded. Written before, a fault would decide on 4K while
///   the huge page still stands.
/// - A fault that decided on 4K and meets a huge page all the same splits it, as on the direct root: between a removal
///   of the table and its own cmpxchg, a fault that decided before the split may have mapped the region whole. The
///   KVM_BUG_ON(is_mirror_sptep()) in kvm_tdp_mmu_map() stands for an external side without shared splits; see
///   `TdpMmu.mayStepInto()`.
import Machine
import SecureEPT

extension TdpMmu {
  /// - Returns: how many were split.
  func trySplitMirrorShared(_ range: Range<Gfn>) -> Int {
    var count = 0
    var spare: UInt32 = 0
    task.readLock()
    task.rcuReadLock()
    var iter = TdpIter(task, root: kvm.pointee.mirrorRoot, minLevel: 2, from: range.lowerBound)
    while iter.valid && iter.gfn < range.upperBound {
      if iterCondResched(&iter) {
        iter.next(task)
        continue
      }
      while Spte.isLeaf(iter.oldSpte, iter.level) {
        if spare == 0 { spare = allocChild(iter) } else { reuse(spare, iter) }
        guard spare != 0 else { break }
        let before = iter.oldSpte
        if splitHugePage(&iter, spare, shared: true) {
          kvm.pointee.attributes.disallowHuge(task, iter.gfn)
          spare = 0
          count += 1
          break
        }
        // The SPTE is what it was: the external side was busy, and will be until another task goes on.
        if iter.oldSpte == before && !task.relax(UnsafeRawPointer(kvm)) { break }
        if task.isHalted { break }
      }
      iter.next(task)
    }
    task.rcuReadUnlock()
    if spare != 0 { freeUnused(spare) }
    task.readUnlock()
    return count
  }

  /// `disallowed_hugepage_adjust()`: a fault that wants a huge page has met a table that must stay. One that the NX
  /// mitigation made, or, as an experiment, any of the mirror root, where there is no promotion.
  @inline(__always) func stepsDown(_ fault: inout PageFault, _ iter: borrowing TdpIter) -> Bool {
    guard iter.level > 1, Spte.isNonLeaf(iter.oldSpte, iter.level) else { return false }
    let table = header(PageArena.page(pfn: Spte.pfn(iter.oldSpte)))
    guard fault.isPrivate || table.nxHugePageDisallowed else { return false }
    fault.goalLevel = iter.level - 1
    return true
  }

  /// The KVM_BUG_ON of a fault that splits a huge page on its way down.
  @inline(__always) func mayStepInto(_ iter: borrowing TdpIter) {
    task.bugOn(
      isMirror(iter.sptep) && kvm.pointee.policy != .hugeShared,
      "KVM_BUG_ON(is_mirror_sptep(iter.sptep)) in kvm_tdp_mmu_map()", gfn: iter.gfn, level: iter.level)
  }
}
