/// What an update protocol decides: in which order an SPTE is frozen, propagated and written, and who propagates.
///
/// One file a variant, and one line in `Protocols.swift`. What the variants share stands in `TdpMmu+Update.swift`.
import Machine

package protocol UpdateProtocol: SendableMetatype {
  /// The key of `--protocol`: lower-case letters, digits and hyphens.
  static var name: String { get }

  /// One line for `stress list protocols`: where it comes from, and who propagates.
  static var summary: String { get }

  /// The thread's alternatives that can be had with this protocol.
  static var alternatives: Alternatives { get }

  /// `tdp_mmu_set_spte_atomic()`: changes one SPTE under mmu_lock held for read.
  /// - Returns: 0; -EBUSY if the SPTE changed or the external table was busy, with no side effect but the refreshed
  ///   `iter.oldSpte`; another error after a bug.
  static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32

  /// `__handle_changed_spte()`: reacts to a change of one SPTE.
  /// - Returns: 0, or the error of the external table.
  static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32

  /// What `tdp_mmu_set_spte()` does after `handle_changed_spte()`: nothing, once that propagates.
  static func finishSetSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange)

  /// What `handle_removed_pt()` does for each child after `handle_changed_spte()`: nothing, once that propagates.
  static func finishRemovedChild(_ mmu: TdpMmu<Self>, _ change: SpteChange)
}

extension UpdateProtocol {
  package static var alternatives: Alternatives { [] }
  @inline(__always) package static func finishSetSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) {}
  @inline(__always) package static func finishRemovedChild(_ mmu: TdpMmu<Self>, _ change: SpteChange) {}
}

/// One change of one SPTE, as `__handle_changed_spte()` takes it.
package struct SpteChange {
  package var isMirror: Bool
  package var gfn: Gfn
  package var old: UInt64
  package var new: UInt64
  package var level: Int
  package var shared: Bool

  /// A change under mmu_lock held for read.
  @inline(__always) package init(_ iter: borrowing TdpIter, _ newSpte: UInt64, isMirror: Bool) {
    self.init(isMirror: isMirror, gfn: iter.gfn, old: iter.oldSpte, new: newSpte, level: iter.level, shared: true)
  }

  @inline(__always) init(isMirror: Bool, gfn: Gfn, old: UInt64, new: UInt64, level: Int, shared: Bool) {
    self.isMirror = isMirror
    self.gfn = gfn
    self.old = old
    self.new = new
    self.level = level
    self.shared = shared
  }

  @inline(__always) package var isPresent: Bool { Spte.isShadowPresent(new) }
  @inline(__always) package var wasLeaf: Bool { Spte.isLeaf(old, level) }
  @inline(__always) package var isLeaf: Bool { Spte.isLeaf(new, level) }
}
