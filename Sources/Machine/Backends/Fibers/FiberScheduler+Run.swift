/// One execution from its first step to its end, on the thread that calls `run`.
import CAtomics
import CFibers

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  /// Readies the calling thread: a fiber that uses up its stack, or whose foreign code faults, then ends the execution
  /// instead of the process. Once a thread is enough for all its schedulers.
  /// - Returns: false if the handlers cannot be installed.
  package func registerThread() -> Bool { fiber_faults_register() }

  package func unregisterThread() { fiber_faults_unregister() }

  /// Has faults and endless loops of this code end an execution.
  package func watch(_ foreign: ForeignCode) {
    foreign.watch(pointee.exit, pointee.machine, tasks: 0..<pointee.machine.pointee.taskCount)
  }

  /// Runs tasks 0 to `count` - 1 through `body` until all have ended or none can go on.
  ///
  /// Fibers of an execution that does not complete are abandoned where they stand.
  package func run(
    count: Int, body: @escaping FiberScheduler.Body, chooser: FiberScheduler.Chooser
  ) -> ExecutionEnd {
    pointee.body = body
    pointee.chooser = chooser
    pointee.count = count
    pointee.steps = 0
    pointee.changes = 0
    pointee.yesCount = 0
    pointee.yes[0] = (-1, 0)
    pointee.current = -1
    pointee.readyCount = 0
    pointee.relaxedCount = 0
    pointee.blockedCount = 0
    pointee.idleRounds = 0
    pointee.outsideRelaxes = 0
    pointee.isFair = false
    pointee.end = .completed
    pointee.clock = 0
    pointee.happensBefore.begin()
    pointee.isRunning = true
    pointee.isStarting = true
    pointee.comesBack = true
    let outer = fiber_exit_enter(pointee.exit)
    for id in 0..<count where !hasFault { start(id) }
    pointee.isStarting = false
    pointee.comesBack = pointee.decidesAside
    if pointee.decidesAside {
      decideAside()
    } else if pointee.readyCount + pointee.blockedCount > 0 && !hasFault && !isHalted {
      let next = choose()
      if next >= 0 {
        pointee.current = next
        fiber_switch(pointee.main, pointee.fibers[next].context)
      }
    }
    fiber_exit_leave(outer)
    pointee.isRunning = false
    if _slowPath(hasFault), let fault = CodeFault(pointee.fault.pointee) {
      pointee.end = .fault(task: pointee.current, fault)
    }
    if pointee.end == .completed && isHalted { return .halted }
    return pointee.end
  }

  private func decideAside() {
    while !hasFault {
      let next = choose()
      guard next >= 0 else { return }
      pointee.current = next
      fiber_switch_clear(pointee.main, pointee.fibers[next].context)
      scrub(next)
    }
  }

  @inline(__always) var isHalted: Bool { raw_load32(pointee.machine.pointee.haltWord) != 0 }

  /// Runs a task up to its first schedule point: what it does before is its own, and no decision.
  private func start(_ id: Int) {
    let fiber = pointee.fibers + id
    fiber.pointee.decisions = 0
    fiber.pointee.questions = 0
    fiber.pointee.history = UInt64(truncatingIfNeeded: id) &+ 1
    fiber.pointee.state = .done
    pointee.answersLeft[id] = pointee.yieldsOften ? FiberScheduler.mostYields : FiberScheduler.mostAnswers
    let task = pointee.machine.pointee.tasks[id]
    task.pointee.point.countdown = 0
    if pointee.decidesAside { scrubAll(id) }
    let top = fiber_stack_top(pointee.stacks, UInt32(truncatingIfNeeded: id))
    fiber.pointee.context = fiber_prepare(top, enterFiber, task)
    becomeReady(id)
    pointee.current = id
    if _slowPath(pointee.decidesAside) {
      fiber_switch_clear(pointee.main, fiber.pointee.context)
      scrub(id)
    } else {
      fiber_switch(pointee.main, fiber.pointee.context)
    }
    if !hasFault { pointee.current = -1 }
  }

  @inline(__always) private var hasFault: Bool { pointee.fault.pointee.kind != FIBER_NO_FAULT.rawValue }

  /// A task has ended; its fiber is not resumed.
  func finish(_ id: Int) {
    leaveReady(id)
    pointee.fibers[id].state = .done
    pointee.idleRounds = 0
    if !pointee.comesBack {
      let next = choose()
      if next >= 0 {
        pointee.current = next
        fiber_switch(&pointee.fibers[id].context, pointee.fibers[next].context)
      }
    }
    fiber_switch(&pointee.fibers[id].context, pointee.main.pointee)
  }

  // MARK: The list of ready tasks

  @inline(__always) func becomeReady(_ id: Int) {
    pointee.fibers[id].state = .ready
    pointee.fibers[id].position = Int32(truncatingIfNeeded: pointee.readyCount)
    pointee.ready[pointee.readyCount] = Int32(truncatingIfNeeded: id)
    pointee.readyCount &+= 1
  }

  @inline(__always) func leaveReady(_ id: Int) {
    let position = Int(pointee.fibers[id].position)
    pointee.readyCount &-= 1
    let last = pointee.ready[pointee.readyCount]
    pointee.ready[position] = last
    pointee.fibers[Int(last)].position = Int32(truncatingIfNeeded: position)
    pointee.fibers[id].position = -1
  }
}

/// Where every fiber begins.
private let enterFiber: @convention(c) (UnsafeMutableRawPointer?) -> Void = { raw in
  guard let raw else { return }
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let scheduler = task.pointee.fibers else { return }
  scheduler.pointee.body(raw)
  scheduler.finish(task.pointee.id)
}
