/// Protocol `mainline`: Linux 7.2 and 7.3, `arch/x86/kvm/mmu/tdp_mmu.c`.
///
/// Freeze, propagate, write or restore. Every change of a mirror SPTE but the pruning of a table reaches the external
/// table in `__handle_changed_spte()`; tracing and statistics follow a successful propagation. It is the follow-up diff
/// at the end of the thread on "[RFC PATCH v5 08/45] KVM: x86/mmu: Propagate mirror SPTE removal to S-EPT in
/// handle_changed_spte()", with the statistics moved behind the propagation.
import CAtomics
import Machine
import SecureEPT

public enum Mainline: UpdateProtocol {
  @inline(__always)
  public static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    let task = mmu.task
    task.bugOn(
      Spte.isFrozen(newSpte), "KVM_MMU_WARN_ON(is_frozen_spte(new_spte)) in tdp_mmu_set_spte_atomic()", gfn: iter.gfn,
      level: iter.level)
    guard mmu.isMirror(iter.sptep) else {
      guard mmu.cmpxchgSpte(&iter, newSpte) else { return Errno.busy }
      mmu.handleChangedSpte(change(iter, newSpte, isMirror: false))
      return 0
    }
    if _slowPath(!mmu.kvm.pointee.mutants.isEmpty) { return MainlineMutants.setMirrorSpteAtomic(mmu, &iter, newSpte) }

    // Frozen until the external operation has completed, so that no concurrent fault installs a child in the external
    // table before the parent is there.
    guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
    let result = handleChangedSpte(mmu, change(iter, newSpte, isMirror: true))
    // If the external table refused, the old value is restored: nothing stays frozen in perpetuity.
    task.writeSpte(iter.sptep, result == 0 ? newSpte : iter.oldSpte)
    if result == Errno.busy { task.count(.busyRestored) }
    return result
  }

  @inline(__always)
  public static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    guard mmu.checkChange(change) else { return 0 }
    let level = change.level
    let wasLeaf = Spte.isLeaf(change.old, level)
    let isLeaf = Spte.isLeaf(change.new, level)
    if _slowPath(mmu.isMutant(.statsEarly)) { account(mmu, level, wasLeaf, isLeaf) }
    if Spte.isNonLeaf(change.old, level) && removesTable(mmu, change, isLeaf) {
      mmu.handleRemovedPt(PageArena.page(pfn: Spte.pfn(change.old)), shared: change.shared)
    } else if change.isMirror {
      let result = mmu.setExternalSpte(change)
      if result != 0 { return result }
    }
    if !mmu.isMutant(.statsEarly) { account(mmu, level, wasLeaf, isLeaf) }
    return 0
  }

  @inline(__always)
  private static func removesTable(_ mmu: TdpMmu<Self>, _ change: SpteChange, _ isLeaf: Bool) -> Bool {
    if isLeaf || !Spte.isShadowPresent(change.new) { return true }
    return mmu.task.bugOn(
      Spte.pfn(change.old) != Spte.pfn(change.new), "WARN_ON_ONCE(pfn_changed) in __handle_changed_spte()",
      gfn: change.gfn, level: change.level)
  }

  @inline(__always)
  private static func account(_ mmu: TdpMmu<Self>, _ level: Int, _ wasLeaf: Bool, _ isLeaf: Bool) {
    if isLeaf != wasLeaf { mmu.updatePageStatistics(level, isLeaf ? 1 : -1) }
  }

  @inline(__always)
  static func change(_ iter: borrowing TdpIter, _ newSpte: UInt64, isMirror: Bool) -> SpteChange {
    SpteChange(
      isMirror: isMirror, gfn: iter.gfn, old: iter.oldSpte, new: newSpte, level: iter.level, shared: true)
  }
}
