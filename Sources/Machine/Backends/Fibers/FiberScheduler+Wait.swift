/// Tasks that cannot go on: blocked on a lock, or relaxing until another one has written.
///
/// The two are apart so that their ends can be told apart: with blocked tasks only it is a deadlock, with some that
/// relax and find nothing changed a livelock.
import CAtomics
import CFibers

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  /// Blocks the running task until `wake` is called for `word`.
  @usableFromInline package func block(_ id: Int, on word: UnsafeRawPointer) {
    guard pointee.isRunning else { return waitOutside(id) }
    let fiber = pointee.fibers + id
    fiber.pointee.pendingPoint = SCHEDULE_LOCK_SHARED.rawValue
    fiber.pointee.pendingAddress = word
    fiber.pointee.waitsFor = word
    leaveReady(id)
    fiber.pointee.state = .blocked
    pointee.blockedCount &+= 1
    if _slowPath(pointee.isStarting) { return fiber_switch(&fiber.pointee.context, pointee.main.pointee) }
    waitAside(id)
  }

  @usableFromInline package func wake(_ word: UnsafeRawPointer) {
    guard pointee.blockedCount > 0 else { return }
    for id in 0..<pointee.count
    where pointee.fibers[id].state == .blocked && pointee.fibers[id].waitsFor == word {
      pointee.blockedCount &-= 1
      note(.letsGoOn, UInt(id))
      becomeReady(id)
    }
  }

  /// Asks the strategy something on behalf of the running task.
  @usableFromInline package func ask(_ id: Int, _ question: Question) -> Bool {
    if let oracle = pointee.oracle { return oracle(UnsafeMutableRawPointer(self), id, question.rawValue) }
    guard pointee.isRunning, !pointee.isFair, pointee.answersLeft[id] > 0 else { return false }
    if _slowPath(pointee.yieldsOften) && !isDueToYield(id, question) { return false }
    let isYes = pointee.chooser.answer(pointee.chooser.state, UnsafeMutableRawPointer(self), question.rawValue)
    if isYes {
      pointee.answersLeft[id] &-= 1
      pointee.yes[pointee.yesCount] = (Int32(truncatingIfNeeded: id), pointee.fibers[id].questions)
      pointee.yesCount &+= 1
      pointee.yes[pointee.yesCount] = (-1, 0)
    }
    pointee.fibers[id].questions &+= 1
    return isYes
  }

  /// Whether a task that has been told yes often is asked at all: every question at first, then every second, every
  /// fourth. SEAMCALLs are busy no more often than they were.
  private func isDueToYield(_ id: Int, _ question: Question) -> Bool {
    let said = FiberScheduler.mostYields &- pointee.answersLeft[id]
    guard said >= FiberScheduler.mostAnswers else { return true }
    let mask = UInt32(1) &<< min(said / FiberScheduler.mostAnswers, 8) &- 1
    if question != .busy && pointee.fibers[id].questions & mask == 0 { return true }
    // It counts as asked: that is what the next one is told by.
    pointee.fibers[id].questions &+= 1
    return false
  }

  /// The running task has completed an operation: whoever waited, waited for something.
  @inlinable package func progress() { pointee.idleRounds = 0 }

  /// `cpu_relax()`: the task is not ready until another one writes what it looks at.
  func relax(_ id: Int, _ address: UnsafeRawPointer?) {
    pointee.fibers[id].waitsFor = isSpte(address) ? address : nil
    note(.awaits, isSpte(address) ? UInt(bitPattern: address) : 0)
    leaveReady(id)
    pointee.fibers[id].state = .relaxed
    pointee.relaxedCount &+= 1
    waitAside(id)
  }

  private func isSpte(_ address: UnsafeRawPointer?) -> Bool {
    let arena = pointee.machine.pointee.arena
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: arena.base)
    return offset < UInt(arena.capacity * PageArena.pageSize)
  }

  /// `writer` is about to write `address`.
  @inline(never) func wakeRelaxed(_ writer: Int, _ address: UnsafeRawPointer?) {
    for id in 0..<pointee.count where id != writer && pointee.fibers[id].state == .relaxed {
      let waitsFor = pointee.fibers[id].waitsFor
      guard waitsFor == nil || waitsFor == address else { continue }
      note(.letsGoOnNext, UInt(id))
      pointee.relaxedCount &-= 1
      becomeReady(id)
    }
  }

  /// No task is ready, the budget is used up, or the run is halted.
  /// - Returns: false if the execution is over, with `end` set.
  @inline(never) func canGoOn() -> Bool {
    if isHalted {
      pointee.end = .halted
      return false
    }
    if pointee.readyCount == 0 {
      guard pointee.relaxedCount > 0 else {
        pointee.end = pointee.blockedCount > 0 ? .deadlock : .completed
        return false
      }
      pointee.idleRounds &+= 1
      if pointee.idleRounds > FiberScheduler.mostIdleRounds {
        pointee.end = .livelock
        return false
      }
      note(.allLookAgain, 0)
      for id in 0..<pointee.count where pointee.fibers[id].state == .relaxed {
        pointee.relaxedCount &-= 1
        becomeReady(id)
      }
    }
    if pointee.steps >= pointee.stepLimit {
      if pointee.steps >= 2 * pointee.stepLimit {
        pointee.end = .budget
        return false
      }
      pointee.isFair = true
    }
    return true
  }

  /// The harness uses a task alone, before or after the race. A retry may help itself; a wait would be for ever.
  func waitOutside(_ id: Int, relaxes: Bool = false) {
    guard !isHalted else { return }
    if relaxes {
      pointee.outsideRelaxes &+= 1
      if pointee.outsideRelaxes < FiberScheduler.mostOutsideRelaxes { return }
    }
    let task = pointee.machine.pointee.tasks[id]
    task.violationAfterDrain(
      .lck2, gfn: 0, level: 0, expected: "nobody else runs: there is nothing to wait for",
      seen: "a lock or a frozen SPTE was left behind")
  }
}
