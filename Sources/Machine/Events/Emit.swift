/// Writing events: a few stores into the task's own ring.
import CAtomics

extension UnsafeMutablePointer where Pointee == Task {
  @inlinable @inline(__always) package func emit(
    _ kind: Event.Kind, gfn: Gfn = 0, old: UInt64 = 0, new: UInt64 = 0, entry: UInt32 = 0, level: Int = 0,
    root: PageHeader.Kind = .none, flags: UInt8 = 0
  ) {
    if pointee.head &- pointee.drained == Task.eventCapacity { drainFull() }
    pointee.events[pointee.head & (Task.eventCapacity - 1)] = Event(
      stamp: stamp(), gfn: gfn, old: old, new: new, entry: entry, kind: kind,
      level: UInt8(truncatingIfNeeded: level), root: root, flags: flags)
    pointee.head &+= 1
  }

  /// An access to one entry: gfn, level and root are those of the table it stands in.
  @inlinable @inline(__always) package func emitAccess(
    _ kind: Event.Kind, _ sptep: SptePointer, old: UInt64, new: UInt64, flags: UInt8 = 0
  ) {
    let arena = pointee.machine.pointee.arenaView
    let header = arena.headers + Int(arena.index(of: sptep))
    let level = Int(header.pointee.level)
    let entry = UInt32(truncatingIfNeeded: (UInt(bitPattern: sptep) &- UInt(bitPattern: arena.base)) >> 3)
    emit(
      kind, gfn: header.pointee.gfn &+ UInt64(entry & 511) &* Spte.pages(max(level, 1)), old: old, new: new,
      entry: entry, level: level, root: header.pointee.kind, flags: flags)
  }

  /// Hands the task's unread events to the checkers; called by the engine when an operation ends.
  @inlinable @inline(__always) package func drain() {
    if pointee.head != pointee.drained { drainFull() }
  }

  @inline(never) @usableFromInline func drainFull() {
    pointee.machine.pointee.drain(UnsafeMutableRawPointer(self))
    pointee.drained = pointee.head
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// The time of an event that happens now.
  @inlinable @inline(__always) package func stamp() -> UInt64 {
    if let fibers = pointee.fibers { return fibers.tick() }
    return cycle_counter()
  }

  /// The stamp of the last event.
  @inlinable @inline(__always) package var lastStamp: UInt64 {
    pointee.events[(pointee.head &- 1) & (Task.eventCapacity - 1)].stamp
  }
}
