/// Protocol `series-end-shared-split`: `series-end` with its two KVM_BUG_ONs lifted, as shared splitting would need.
///
/// The reviewer's concern (Yan Zhao's third answer): for a present leaf under the shared lock the atomic path calls
/// `set_external_spte()`, and `handle_changed_spte()`, seeing that it was a leaf, calls it again.
import CAtomics
import Machine
import SecureEPT

package enum SeriesEndSharedSplit: UpdateProtocol {
  package static let name = "series-end-shared-split"
  package static let summary = "series-end without its KVM_BUG_ONs: a shared split reaches both places that propagate"
  package static let alternatives: Alternatives = [.notPresent, .bugOnShared, .exclusiveOnly]

  @inline(__always)
  package static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    guard mmu.isMirror(iter.sptep) && !Spte.isFrozen(newSpte) else { return mmu.setDirectSpteAtomic(&iter, newSpte) }
    return mmu.setFrozenThenHandle(&iter, newSpte)
  }

  @inline(__always)
  package static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    mmu.handleChangeOfLeaf(change)
  }
}
