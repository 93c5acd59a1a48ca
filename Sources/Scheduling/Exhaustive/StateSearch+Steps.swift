/// What the steps of a search of states touch: which of them are nobody else's business.
import CAtomics
import Machine

extension StateSearch {
  @inline(__always) private static func key(_ fiber: Fiber, _ task: Int) -> UInt {
    let place = fiber.pendingAddress.map { UInt(bitPattern: $0) } ?? UInt(fiber.pendingKind) &* 8 &+ 8
    return Sharing.key(place, isWrite: FiberScheduler.isWrite(fiber.pendingKind), task)
  }

  @inline(__always) func isOwn(_ scheduler: FiberSchedulerPointer, _ task: Int) -> Bool {
    let fiber = scheduler.pointee.fibers[task]
    return fiber.pendingKind != SCHEDULE_RELAX.rawValue
      && (trust == .all || isEntry(fiber.pendingAddress)) && !sharing.isDecided(Self.key(fiber, task))
  }

  @inline(__always) private func isEntry(_ address: UnsafeRawPointer?) -> Bool {
    UInt(bitPattern: address) &- UInt(bitPattern: arena.base) < UInt(arena.capacity * PageArena.pageSize)
  }

  /// The chosen task is about to take its step.
  mutating func beginStep(_ scheduler: FiberSchedulerPointer) {
    // What comes after the step limit is no decision of the search.
    guard trust != .nothing, hasChosen else { return }
    hasChosen = false
    guard cursor > known else { return }
    mover = scheduler.pointee.mover
    let fiber = scheduler.pointee.fibers[mover]
    key = Self.key(fiber, mover)
    touches.truncate(to: 0)
    fiber.announce(arena) { touches.append(.init(address: $0, isWrite: $1)) }
  }

  mutating func note(_ note: UInt32, _ value: UInt) {
    guard mover >= 0 else { return }
    switch StepNote(rawValue: note) {
    case .read: touches.append(.init(address: value, isWrite: false))
    case .write: touches.append(.init(address: value, isWrite: true))
    // Whoever it lets go on could not before: what it is about has been met by both.
    case .letsGoOn, .letsGoOnNext: sharing.decide(key)
    case .awaits:
      // An attempt to write the word would be enough to look again. Who waits for any write at all looks again in vain
      // after one that is another task's own business: nothing is lost where it does not.
      if value == 0 { sharing.decide(key) } else { touches.append(.init(address: value, isWrite: true)) }
    case .sharedModule:
      for index in 0..<touches.count where touches[index].address == 0 { touches.base[index].isWrite = false }
    case .lost: if touches.count > 0 { touches.base[0].isWrite = false }
    case .allLookAgain, nil: break
    }
  }

  /// The step that is under way has come to its end.
  mutating func endStep() {
    guard mover >= 0 else { return }
    sharing.add(.init(start: touches.base, count: touches.count), of: mover, key)
    mover = -1
  }
}
