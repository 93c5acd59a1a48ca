/// The schedule point on a fiber: note what the task is about to do, choose who goes on, take that step.
import CAtomics
import CFibers

extension FiberScheduler {
  /// `schedule_point.reached` of every task on a fiber.
  static let reached: @convention(c) (UnsafeMutablePointer<schedule_point>?, UInt32, UnsafeRawPointer?) -> Void = {
    point, kind, address in
    let task = UnsafeMutableRawPointer(point.unsafelyUnwrapped).assumingMemoryBound(to: Task.self)
    task.pointee.fibers.unsafelyUnwrapped.reach(task.pointee.id, kind, address)
  }
}

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  @inline(__always) func reach(_ id: Int, _ kind: UInt32, _ address: UnsafeRawPointer?) {
    let fiber = pointee.fibers + id
    if _slowPath(kind == SCHEDULE_LOST.rawValue) { return lost(id, address) }
    fiber.pointee.pendingPoint = kind
    fiber.pointee.pendingAddress = address
    if _slowPath(!pointee.isRunning || pointee.comesBack || kind == SCHEDULE_RELAX.rawValue) {
      return reachUnusual(id, kind, address)
    }
    goOn(from: id)
  }

  /// Gives control to whoever is chosen; returns when this task is.
  @inline(__always) func goOn(from id: Int) {
    let next = choose()
    if next == id { return }
    let fiber = pointee.fibers + id
    if _fastPath(next >= 0) {
      pointee.current = next
      fiber_switch(&fiber.pointee.context, pointee.fibers[next].context)
    } else {
      fiber_switch(&fiber.pointee.context, pointee.main.pointee)
    }
  }

  /// The same for a task that cannot go on itself.
  func waitAside(_ id: Int) {
    if pointee.decidesAside { return fiber_switch(&pointee.fibers[id].context, pointee.main.pointee) }
    goOn(from: id)
  }

  /// The cmpxchg that the task has just made lost: it was a read.
  @inline(never) private func lost(_ id: Int, _ address: UnsafeRawPointer?) {
    guard pointee.isRunning else { return }
    note(.lost, 0)
    pointee.happensBefore.takeBack(&pointee.fibers[id].history, UInt(bitPattern: address) & pointee.granule)
  }

  @inline(never) private func reachUnusual(_ id: Int, _ kind: UInt32, _ address: UnsafeRawPointer?) {
    // The harness's own use of a task, before and after the race: nobody else runs.
    guard pointee.isRunning else {
      if kind == SCHEDULE_RELAX.rawValue { waitOutside(id, relaxes: true) }
      let task = pointee.machine.pointee.tasks[id]
      if task.pointee.point.countdown <= 0 { pointee.stranded?(UnsafeMutableRawPointer(task)) }
      return
    }
    if pointee.isStarting || (pointee.decidesAside && kind != SCHEDULE_RELAX.rawValue) {
      fiber_switch(&pointee.fibers[id].context, pointee.main.pointee)
      return
    }
    relax(id, address)
  }

  /// Chooses the next task and takes its step.
  /// - Returns: -1 if the execution is over.
  @inline(__always) func choose() -> Int {
    if _slowPath(pointee.readyCount == 0 || pointee.steps >= pointee.stepLimit || isHalted) {
      if !canGoOn() { return -1 }
    }
    let next: Int
    if _slowPath(pointee.isFair) {
      next = nextInTurn()
    } else {
      next = Int(pointee.chooser.nextTask(pointee.chooser.state, UnsafeMutableRawPointer(self)))
      if _slowPath(next >= pointee.count || !isReady(next)) {
        pointee.end = .diverged
        return -1
      }
    }
    if pointee.current >= 0 { pointee.fibers[pointee.current].decisions &+= 1 }
    take(next)
    return next
  }

  /// The step of `next` in the books: it happens as soon as the fiber runs.
  @inline(__always) private func take(_ next: Int) {
    pointee.log[pointee.steps] = UInt16(truncatingIfNeeded: next)
    pointee.steps &+= 1
    pointee.clock = UInt64(truncatingIfNeeded: pointee.steps) &<< FiberScheduler.clockShift
    let fiber = pointee.fibers + next
    let kind = fiber.pointee.pendingKind
    let address = UInt(bitPattern: fiber.pointee.pendingAddress) & pointee.granule
    pointee.changes &+= isChange(next) ? 1 : 0
    if _slowPath(FiberScheduler.isPlain(kind)) {
      takePlain(next)
    } else if FiberScheduler.isRead(kind) {
      if address != 0 { pointee.happensBefore.read(&fiber.pointee.history, address) }
    } else if FiberScheduler.isWrite(kind) {
      // A SEAMCALL without an address is about the whole TD: all such are ordered.
      pointee.happensBefore.write(&fiber.pointee.history, address)
      if _slowPath(pointee.relaxedCount > 0) { wakeRelaxed(next, fiber.pointee.pendingAddress) }
    }
    if _slowPath(pointee.observer != nil) { pointee.observer?(UnsafeMutableRawPointer(self)) }
    if _slowPath(pointee.watcher != nil) { pointee.watcher?(UnsafeMutableRawPointer(self)) }
  }

  /// A plain access is one of each word that it touches.
  @inline(never) private func takePlain(_ next: Int) {
    let fiber = pointee.fibers + next
    let isStore = FiberScheduler.isWrite(fiber.pointee.pendingKind)
    var address = UInt(bitPattern: fiber.pointee.pendingAddress)
    let end = address &+ UInt(fiber.pointee.pendingBytes)
    address &= FiberScheduler.wordGranule
    while address < end {
      if isStore {
        pointee.happensBefore.write(&fiber.pointee.history, address)
      } else {
        pointee.happensBefore.read(&fiber.pointee.history, address)
      }
      address &+= 8
    }
    if isStore && pointee.relaxedCount > 0 { wakeRelaxed(next, fiber.pointee.pendingAddress) }
  }

  /// Whether the step that a task is about to take is a change that others may meet.
  @inline(__always) package func isChange(_ id: Int) -> Bool {
    let fiber = pointee.fibers + id
    guard FiberScheduler.isChange(fiber.pointee.pendingKind) else { return false }
    return !_slowPath(pointee.passesOverUnlinked) || !isInUnlinkedTable(fiber.pointee.pendingAddress)
  }

  private func isInUnlinkedTable(_ address: UnsafeRawPointer?) -> Bool {
    let arena = pointee.machine.pointee.arenaView
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: arena.base)
    guard offset < UInt(pointee.machine.pointee.arena.capacity * PageArena.pageSize) else { return false }
    let page = UInt32(truncatingIfNeeded: offset >> 12)
    guard let parent = arena.headers[Int(page)].parent else { return false }
    let entry = raw_load64(parent)
    return !Spte.isShadowPresent(entry) || Spte.pfn(entry) != PageArena.pfn(page)
  }

  /// Round robin by number, from the running task on.
  private func nextInTurn() -> Int {
    var id = pointee.current
    repeat { id = id + 1 < pointee.count ? id + 1 : 0 } while pointee.fibers[id].state != .ready
    return id
  }
}
