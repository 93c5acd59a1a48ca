/// Every access that the subject makes to an SPTE: one CAtomics primitive, and the event that tells of it.
///
/// Reads are told of only when they meet something: most of a walk's reads mean nothing to any rule, and there are a
/// hundred of them for each change.
import CAtomics

extension UnsafeMutablePointer where Pointee == Task {
  /// `kvm_tdp_mmu_read_spte()`.
  @inlinable @inline(__always) package func readSpte(_ sptep: SptePointer) -> UInt64 {
    let spte = read_once64(point, sptep)
    noteSeen(sptep, spte)
    if _slowPath(!Spte.isShadowPresent(spte) && spte != Spte.nonpresent) { metSpecial(sptep, spte) }
    return spte
  }

  /// `try_cmpxchg64()`: on failure `old` is refreshed.
  @inlinable @inline(__always) package func tryCmpxchgSpte(
    _ sptep: SptePointer, _ old: inout UInt64, _ new: UInt64
  ) -> Bool {
    let expected = old
    if try_cmpxchg64(point, sptep, &old, new) {
      markWritten(sptep)
      emitAccess(.cmpxchg, sptep, old: expected, new: new)
      return true
    }
    noteSeen(sptep, old)
    lostCmpxchg(sptep, expected: expected, seen: old)
    return false
  }

  @inlinable @inline(__always) package func xchgSpte(_ sptep: SptePointer, _ new: UInt64) -> UInt64 {
    let old = xchg64(point, sptep, new)
    markWritten(sptep)
    if old == Spte.poison { usedFreed(sptep) }
    // Taking a table down freezes its 512 entries; those that were empty tell no rule anything.
    if old != Spte.nonpresent || new != Spte.frozen { emitAccess(.xchg, sptep, old: old, new: new) }
    return old
  }

  @inlinable @inline(__always) package func fetchAndSpte(_ sptep: SptePointer, _ mask: UInt64) -> UInt64 {
    let old = fetch_and64(point, sptep, mask)
    markWritten(sptep)
    if old == Spte.poison { usedFreed(sptep) }
    emitAccess(.fetchAnd, sptep, old: old, new: old & mask)
    return old
  }

  /// `WRITE_ONCE()` of an SPTE. The load before it is the checkers', not the protocol's: what a plain store overwrites
  /// is the one thing that the store cannot tell.
  @inlinable @inline(__always) package func writeSpte(_ sptep: SptePointer, _ new: UInt64) {
    schedule_point_pass(point, UInt32(SCHEDULE_STORE.rawValue), sptep)
    let old = raw_load64(sptep)
    raw_store64(sptep, new)
    markWritten(sptep)
    if old == Spte.poison { usedFreed(sptep) }
    emitAccess(.store, sptep, old: old, new: new, flags: isBlind(sptep, old) ? Event.blind : 0)
  }

  @inlinable @inline(__always) func noteSeen(_ sptep: SptePointer, _ spte: UInt64) {
    pointee.seenEntry = UInt(bitPattern: sptep)
    pointee.seenSpte = spte
  }

  /// Whether a store over `old` loses a bit that was set since the task has read the entry. Where its last read was of
  /// another entry nothing is known.
  @inlinable @inline(__always) func isBlind(_ sptep: SptePointer, _ old: UInt64) -> Bool {
    let seen = pointee.seenSpte
    return old & ~seen & Spte.volatile != 0 && pointee.seenEntry == UInt(bitPattern: sptep)
      && Spte.isShadowPresent(old) && Spte.isShadowPresent(seen)
  }

  @inline(never) @usableFromInline func metSpecial(_ sptep: SptePointer, _ spte: UInt64) {
    if spte == Spte.poison {
      usedFreed(sptep)
    } else if spte == Spte.frozen {
      count(.metFrozen)
    }
  }

  @inline(never) @usableFromInline func lostCmpxchg(_ sptep: SptePointer, expected: UInt64, seen: UInt64) {
    count(.lostCmpxchg)
    if seen == Spte.poison { usedFreed(sptep) }
    emitAccess(.cmpxchgLost, sptep, old: expected, new: seen)
  }

  @usableFromInline @inline(never) package func usedFreed(_ sptep: SptePointer) {
    let page = pointee.machine.pointee.arenaView.index(of: sptep)
    reportTable(page, expected: "no freed table is used", seen: "an entry of it was accessed after it was freed")
  }
}
