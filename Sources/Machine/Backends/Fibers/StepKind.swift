/// What a step does to the word that its schedule point announces: the one place that says which steps depend on each
/// other. Two on one word do unless both only read it.
import CAtomics

extension FiberScheduler {
  @inlinable @inline(__always) static func bit(_ kind: schedule_kind) -> UInt32 { 1 &<< kind.rawValue }

  @inlinable @inline(__always) static func isOne(_ kind: UInt32, of kinds: UInt32) -> Bool { kinds &>> kind & 1 != 0 }

  /// Whether a step of this kind only reads the word. A lock that is shared is the same for all who share it.
  @inlinable @inline(__always) package static func isRead(_ kind: UInt32) -> Bool {
    isOne(
      kind,
      of: bit(SCHEDULE_LOAD) | bit(SCHEDULE_PLAIN_LOAD) | bit(SCHEDULE_LOCK_SHARED) | bit(SCHEDULE_UNLOCK_SHARED))
  }

  /// Whether it may write the word; of a SEAMCALL, what the TDX module has. Who waits for a write looks again.
  @inlinable @inline(__always) package static func isWrite(_ kind: UInt32) -> Bool {
    isOne(
      kind,
      of: bit(SCHEDULE_STORE) | bit(SCHEDULE_RMW) | bit(SCHEDULE_LOCK) | bit(SCHEDULE_UNLOCK) | bit(SCHEDULE_SEAMCALL)
        | bit(SCHEDULE_PLAIN_STORE))
  }

  /// Whether it is an access that is not annotated: of as many bytes as it says, and not of one word.
  @inlinable @inline(__always) static func isPlain(_ kind: UInt32) -> Bool {
    isOne(kind, of: bit(SCHEDULE_PLAIN_LOAD) | bit(SCHEDULE_PLAIN_STORE))
  }

  /// Whether it writes an SPTE or a word that is not annotated, or takes or leaves a lock.
  @inlinable @inline(__always) package static func isChange(_ kind: UInt32) -> Bool {
    isOne(
      kind,
      of: bit(SCHEDULE_STORE) | bit(SCHEDULE_RMW) | bit(SCHEDULE_LOCK) | bit(SCHEDULE_UNLOCK)
        | bit(SCHEDULE_LOCK_SHARED) | bit(SCHEDULE_UNLOCK_SHARED) | bit(SCHEDULE_PLAIN_STORE))
  }
}
