/// Protocol `patch-08`: the patch as it was posted, "[RFC PATCH v5 08/45] KVM: x86/mmu: Propagate mirror SPTE removal
/// to S-EPT in handle_changed_spte()".
///
/// `handle_changed_spte()` removes: what was a leaf of a mirror and is none now leaves the external table there,
/// whoever changed it. Making an SPTE present is still the shared path's: freeze, link or set, thaw.
import CAtomics
import Machine
import SecureEPT

package enum Patch08: UpdateProtocol {
  package static let name = "patch-08"
  package static let summary = "the patch as posted: the change handler removes, the shared path sets"
  package static let alternatives: Alternatives = [.notPresent, .bugOnShared]

  @inline(__always)
  package static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    mmu.setPresentThenHandle(&iter, newSpte)
  }

  @inline(__always)
  package static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    guard mmu.checkChange(change) else { return 0 }
    mmu.account(change)
    if mmu.removesTable(change) {
      mmu.handleRemovedPt(change)
    } else if change.wasLeaf && change.isMirror && isRemoval(mmu, change) && mmu.mayPropagate(change) {
      _ = mmu.removeExternalSpte(change)
    }
    return 0
  }

  /// The line that was argued about.
  @inline(__always) private static func isRemoval(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Bool {
    mmu.kvm.pointee.alternatives.contains(.notPresent) ? !change.isPresent : !change.isLeaf
  }

  @inline(__always) package static func finishSetSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) {
    if change.isMirror { mmu.bugOnPresent(change) }
  }
}

/// What `patch-08` shares with the state before it.
extension TdpMmu {
  /// `__tdp_mmu_set_spte_atomic()` with `set_external_spte_present()`, then `handle_changed_spte()`.
  @inline(__always) func setPresentThenHandle(_ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    guard isMirror(iter.sptep) && !Spte.isFrozen(newSpte) else { return setDirectSpteAtomic(&iter, newSpte) }
    if task.bugOn(
      !Spte.isShadowPresent(newSpte), "KVM_BUG_ON(!is_shadow_present_pte(new_spte)) in __tdp_mmu_set_spte_atomic()",
      gfn: iter.gfn, level: iter.level)
    {
      return Errno.busy
    }
    if task.bugOn(
      Spte.isShadowPresent(iter.oldSpte),
      "KVM_BUG_ON(is_shadow_present_pte(*old_spte)) in set_external_spte_present()", gfn: iter.gfn, level: iter.level)
    {
      return Errno.io
    }
    return setFrozenThenHandle(&iter, newSpte)
  }

  /// The KVM_BUG_ON of `tdp_mmu_set_spte()`: this path does not propagate what becomes present.
  @inline(__always) func bugOnPresent(_ change: SpteChange) {
    task.bugOn(
      change.isPresent, "KVM_BUG_ON(is_shadow_present_pte(new_spte)) in tdp_mmu_set_spte()", gfn: change.gfn,
      level: change.level)
  }

  /// `kvm_x86_call(remove_external_spte)()`
  @inline(__always) func removeExternalSpte(_ change: SpteChange) -> Int32 {
    kvm.pointee.td.tdxSeptRemoveLeafSpte(task, change.gfn, change.level)
  }
}
