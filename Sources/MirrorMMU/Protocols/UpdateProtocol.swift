/// What an update protocol decides: in which order an SPTE is frozen, propagated and written, and who propagates.
///
/// One file a variant. What the variants share stands in `TdpMmu+Update.swift`.
import Machine

public protocol UpdateProtocol {
  /// `tdp_mmu_set_spte_atomic()`: changes one SPTE under mmu_lock held for read.
  /// - Returns: 0; -EBUSY if the SPTE changed or the external table was busy, with no side effect but the refreshed
  ///   `iter.oldSpte`; another error after a bug.
  static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32

  /// `__handle_changed_spte()`: reacts to a change of one SPTE.
  /// - Returns: 0, or the error of the external table.
  static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32
}

/// One change of one SPTE, as `__handle_changed_spte()` takes it.
public struct SpteChange {
  var isMirror: Bool
  var gfn: Gfn
  var old: UInt64
  var new: UInt64
  var level: Int
  var shared: Bool
}
