/// One thing that a task did, as the checkers and the report see it.
///
/// Events say what happened to memory, locks and the external table, never what the subject claims to have done. A task
/// writes its own; its checkers read them in order when an operation ends or the ring is full.
@usableFromInline package struct Event {
  @usableFromInline package enum Kind: UInt8, Sendable {
    @inlinable package var code: UInt8 { rawValue }

    /// `old` and `new` are operation and gfn count.
    case operationBegin, operationEnd
    case readLock, readUnlock, writeLock, writeUnlock, lockYielded
    /// A successful cmpxchg; `old` and `new` as in memory.
    case cmpxchg
    /// `old` is what was expected, `new` what was there.
    case cmpxchgLost
    case xchg, fetchAnd
    /// A plain store; `old` is what a load just before it saw, `flags` is `blind` or 0.
    case store
    /// `flags` is the Seamcall, `old` its TdxStatus, `new` the pfn or table. The guest's accept, which holds no lock
    /// that would tell, has `MmuLock.epoch` in `old` above the status.
    case seamcall
    case tableAllocated, tableFreed, tableDeferred
  }

  /// Of a store: it overwrote a `Spte.volatile` bit that was set since its task has read the entry.
  @usableFromInline package static let blind: UInt8 = 1

  /// Orders events of different tasks: cycles under threads, the step under a scheduler.
  @usableFromInline package var stamp: UInt64
  @usableFromInline package var gfn: Gfn
  @usableFromInline package var old: UInt64
  @usableFromInline package var new: UInt64
  /// Index of the entry in the arena, 0 where the event has none.
  @usableFromInline package var entry: UInt32
  @usableFromInline package var kind: Kind
  @usableFromInline package var level: UInt8
  @usableFromInline package var root: PageHeader.Kind
  @usableFromInline package var flags: UInt8

  @inlinable @inline(__always) package init(
    stamp: UInt64, gfn: Gfn, old: UInt64, new: UInt64, entry: UInt32, kind: Kind, level: UInt8,
    root: PageHeader.Kind, flags: UInt8
  ) {
    self.stamp = stamp
    self.gfn = gfn
    self.old = old
    self.new = new
    self.entry = entry
    self.kind = kind
    self.level = level
    self.root = root
    self.flags = flags
  }

  /// `MmuLock.epoch` at an accept.
  @inlinable package var acceptEpoch: UInt64 { old >> 8 }
  @inlinable package var seamcall: Seamcall { Seamcall(rawValue: flags) ?? .vpExit }
  @inlinable package var status: TdxStatus { TdxStatus(rawValue: UInt8(truncatingIfNeeded: old)) ?? .success }
}
