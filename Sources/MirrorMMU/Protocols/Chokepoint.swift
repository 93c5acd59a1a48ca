/// Protocol `chokepoint`: the follow-up diff at the end of the thread (Sean Christopherson's last mail, "compile-tested
/// only").
///
/// `tdp_mmu_set_spte_atomic()` freezes, every mirror change but the pruning of a table is propagated in
/// `__handle_changed_spte()`, then the SPTE is thawed to its new value or back to its old one. Page statistics are
/// updated before the propagation: one that fails leaves them wrong. `mainline` is this with that order turned round.
import CAtomics
import Machine
import SecureEPT

package enum Chokepoint: UpdateProtocol {
  package static let name = "chokepoint"
  package static let summary = "the follow-up diff at the thread's end: one place propagates, statistics come before it"
  package static let alternatives: Alternatives = [.bugOnShared, .exclusiveOnly]

  @inline(__always)
  package static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    mmu.warnOnFrozen(iter, newSpte)
    guard mmu.isMirror(iter.sptep) else { return mmu.setDirectSpteAtomic(&iter, newSpte) }
    return mmu.setMirrorSpteAtomic(&iter, newSpte)
  }

  @inline(__always)
  package static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    guard mmu.checkChange(change) else { return 0 }
    mmu.account(change)
    if mmu.removesTable(change) {
      mmu.handleRemovedPt(change)
    } else if change.isMirror && mmu.mayPropagate(change) {
      return mmu.setExternalSpte(change)
    }
    return 0
  }
}
