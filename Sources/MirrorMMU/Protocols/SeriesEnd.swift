/// Protocol `series-end`: the code that the follow-up diff at the end of the thread takes away, its minus side.
///
/// `__tdp_mmu_set_spte_atomic()` freezes, calls `set_external_spte()` and thaws; two KVM_BUG_ONs see to it that it only
/// ever makes a mirror SPTE present. `handle_changed_spte()` calls `set_external_spte()` for what was a leaf, and bugs
/// the VM if that fails. So two places call out; the KVM_BUG_ONs keep them from doing it for the same change.
import CAtomics
import Machine
import SecureEPT

package enum SeriesEnd: UpdateProtocol {
  package static let name = "series-end"
  package static let summary = "the series as posted: the atomic path sets, the change handler changes what was a leaf"
  package static let alternatives: Alternatives = [.notPresent, .bugOnShared]

  @inline(__always)
  package static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    guard mmu.isMirror(iter.sptep) && !Spte.isFrozen(newSpte) else { return mmu.setDirectSpteAtomic(&iter, newSpte) }
    if mmu.bugOnChangeOfPresent(iter, newSpte) { return Errno.busy }
    return mmu.setFrozenThenHandle(&iter, newSpte)
  }

  @inline(__always)
  package static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    mmu.handleChangeOfLeaf(change)
  }
}

extension TdpMmu {
  /// The two KVM_BUG_ONs of `__tdp_mmu_set_spte_atomic()` at the end of the series: under the shared lock a mirror SPTE
  /// is neither zapped nor split.
  @inline(__always) func bugOnChangeOfPresent(_ iter: borrowing TdpIter, _ newSpte: UInt64) -> Bool {
    if task.bugOn(
      Spte.isShadowPresent(iter.oldSpte),
      "KVM_BUG_ON(is_shadow_present_pte(iter->old_spte)) in __tdp_mmu_set_spte_atomic()", gfn: iter.gfn,
      level: iter.level)
    {
      return true
    }
    return task.bugOn(
      !Spte.isShadowPresent(newSpte), "KVM_BUG_ON(!is_shadow_present_pte(new_spte)) in __tdp_mmu_set_spte_atomic()",
      gfn: iter.gfn, level: iter.level)
  }

  /// Freeze, `set_external_spte()`, write or restore, and then `handle_changed_spte()` for the bookkeeping.
  @inline(__always) func setFrozenThenHandle(_ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    let change = SpteChange(iter, newSpte, isMirror: true)
    guard cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
    let result = thaw(change, iter.sptep, setExternalSpte(change))
    if result == 0 { handleChangedSpte(change) }
    return result
  }

  /// `handle_changed_spte()` at the end of the series.
  @inline(__always) func handleChangeOfLeaf(_ change: SpteChange) -> Int32 {
    guard checkChange(change) else { return 0 }
    account(change)
    if removesTable(change) {
      handleRemovedPt(change)
    } else if change.wasLeaf && change.isMirror && isRemoval(change) && mayPropagate(change) {
      // A failure cannot be undone here: handle_changed_spte() bugs the VM.
      return setExternalSpte(change)
    }
    return 0
  }

  /// With the alternative `not-present` a leaf that becomes a table is left to others.
  @inline(__always) private func isRemoval(_ change: SpteChange) -> Bool {
    !kvm.pointee.alternatives.contains(.notPresent) || !change.isPresent
  }
}
