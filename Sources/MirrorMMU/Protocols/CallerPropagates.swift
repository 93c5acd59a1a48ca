/// Protocol `caller-propagates`: the state before patch 08, its minus side; mainline before the refactoring that landed
/// by 7.2.
///
/// The change handler does bookkeeping alone. Whoever changes a mirror SPTE tells the external table:
/// `tdp_mmu_set_spte()` and `handle_removed_pt()` call `remove_external_spte()`, the shared path freezes, links or
/// sets, and thaws. Nothing makes a new caller do the same.
import CAtomics
import Machine
import SecureEPT

package enum CallerPropagates: UpdateProtocol {
  package static let name = "caller-propagates"
  package static let summary = "before patch 08: the callers propagate, the change handler does bookkeeping alone"

  @inline(__always)
  package static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    mmu.setPresentThenHandle(&iter, newSpte)
  }

  @inline(__always)
  package static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    guard mmu.checkChange(change) else { return 0 }
    mmu.account(change)
    if mmu.removesTable(change) { mmu.handleRemovedPt(change) }
    return 0
  }

  @inline(__always) package static func finishSetSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) {
    guard change.isMirror else { return }
    mmu.bugOnPresent(change)
    removeExternalSpte(mmu, change)
  }

  @inline(__always) package static func finishRemovedChild(_ mmu: TdpMmu<Self>, _ change: SpteChange) {
    guard change.isMirror else { return }
    mmu.task.bugOn(
      change.shared, "KVM_BUG_ON(shared) in handle_removed_pt()", gfn: change.gfn, level: change.level)
    removeExternalSpte(mmu, change)
  }

  /// `remove_external_spte()`: leaves alone, under the exclusive lock alone. Tables go by `free_external_spt()`.
  private static func removeExternalSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) {
    guard change.wasLeaf else { return }
    mmu.task.lockdepAssertHeldWrite(gfn: change.gfn, level: change.level)
    _ = mmu.removeExternalSpte(change)
  }
}
