/// What a task's next step touches by the access that its schedule point announces.
import CAtomics
import Machine

extension Fiber {
  /// - Parameter touch: gets addresses, and whether the word is written; address 0 is that of the TD as a whole.
  @inline(__always) func announce(_ arena: PageArena, _ touch: (_ address: UInt, _ isWrite: Bool) -> Void) {
    let address = UInt(bitPattern: pendingAddress)
    switch schedule_kind(pendingKind) {
    case SCHEDULE_LOAD, SCHEDULE_LOCK_SHARED, SCHEDULE_UNLOCK_SHARED: if address != 0 { touch(address, false) }
    case SCHEDULE_STORE, SCHEDULE_RMW, SCHEDULE_LOCK, SCHEDULE_UNLOCK: touch(address, true)
    case SCHEDULE_SEAMCALL:
      touch(address, true)
      // Its locks and epochs, whichever entry it is about.
      if address != 0 { touch(0, true) }
    case SCHEDULE_PLAIN_LOAD, SCHEDULE_PLAIN_STORE:
      let isStore = pendingKind == SCHEDULE_PLAIN_STORE.rawValue
      for word in stride(from: address & ~7, to: address &+ UInt(pendingBytes), by: 8) { touch(word, isStore) }
    default: break
    }
    // A table's life is its header's.
    let offset = address &- UInt(bitPattern: arena.base)
    if offset < UInt(arena.capacity * PageArena.pageSize) {
      touch(UInt(bitPattern: arena.headers + Int(offset) / PageArena.pageSize), false)
    }
  }
}
