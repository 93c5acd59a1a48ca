/// Protocol `mainline`: Linux 7.2 and 7.3, `arch/x86/kvm/mmu/tdp_mmu.c`.
///
/// Freeze, propagate, write or restore. Every change of a mirror SPTE but the pruning of a table reaches the external
/// table in `__handle_changed_spte()`; tracing and statistics follow a successful propagation. It is the follow-up diff
/// at the end of the thread on "[RFC PATCH v5 08/45] KVM: x86/mmu: Propagate mirror SPTE removal to S-EPT in
/// handle_changed_spte()", with the statistics moved behind the propagation.
import CAtomics
import Machine
import SecureEPT

package enum Mainline: UpdateProtocol {
  package static let name = "mainline"
  package static let summary = "Linux 7.2 and 7.3: freeze, propagate, write or restore, statistics after success"
  package static let alternatives: Alternatives = [.bugOnShared, .exclusiveOnly]

  @inline(__always)
  package static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    mmu.warnOnFrozen(iter, newSpte)
    guard mmu.isMirror(iter.sptep) else { return mmu.setDirectSpteAtomic(&iter, newSpte) }
    if _slowPath(mmu.kvm.pointee.mirrorStep != nil) { return mmu.setMirrorSpteByMutant(&iter, newSpte) }
    return mmu.setMirrorSpteAtomic(&iter, newSpte)
  }

  @inline(__always)
  package static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    guard mmu.checkChange(change) else { return 0 }
    if _slowPath(mmu.isMutant(.statsEarly)) { mmu.account(change) }
    if mmu.removesTable(change) {
      mmu.handleRemovedPt(change)
    } else if change.isMirror && mmu.mayPropagate(change) && !drops(mmu, change) {
      let result = mmu.setExternalSpte(change)
      if result != 0 { return result }
    }
    if !mmu.isMutant(.statsEarly) { mmu.account(change) }
    return 0
  }

  /// The mutant `drop-propagate`.
  @inline(__always) private static func drops(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Bool {
    _slowPath(mmu.isMutant(.dropPropagate)) && change.wasLeaf && change.isPresent && !change.isLeaf
  }
}
