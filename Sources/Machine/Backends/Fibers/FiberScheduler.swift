/// The fiber backend: the tasks of a machine on fibers of one thread, every schedule point a decision.
///
/// The scheduler knows which tasks can run and keeps the log; whom to run is decided by a strategy, through a C
/// function pointer, so that the machine knows no strategy. Code of the subject runs on fibers and passes the same
/// points as on threads.
import CAtomics
import CFibers

@usableFromInline package typealias FiberSchedulerPointer = UnsafeMutablePointer<FiberScheduler>

@usableFromInline package struct FiberScheduler {
  /// A task's whole part in an execution; the argument is its TaskPointer.
  package typealias Body = @convention(c) (UnsafeMutableRawPointer) -> Void

  /// The strategy in force: its state and the functions that choose. Each gets the state and the scheduler.
  package struct Chooser {
    package typealias NextTask = @Sendable @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32
    package typealias Answer =
      @Sendable @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UInt32) -> Bool
    package var state: UnsafeMutableRawPointer
    /// One of the ready tasks.
    package var nextTask: NextTask
    /// Answers a `Question` of the running task.
    package var answer: Answer

    package init(
      state: UnsafeMutableRawPointer, nextTask: @escaping NextTask, answer: @escaping Answer
    ) {
      self.state = state
      self.nextTask = nextTask
      self.answer = answer
    }
  }

  /// Room on a stack for the deepest path: a violation's text is built on it.
  @inlinable package static var stackKiB: Int { 256 }
  static let stackBytes = stackKiB << 10
  /// Yes to questions, at most so many times a task and execution: a schedule that says yes for ever is not fair.
  static let mostAnswers: UInt32 = 4
  /// The same where walks are to yield as often as they can: from `mostAnswers` on they are asked more and more seldom,
  /// so that each operation ends for all that.
  static let mostYields: UInt32 = 64
  /// Times in a row that all tasks only waited, until that is a livelock.
  static let mostIdleRounds = 64
  /// Retries of a task that the harness uses alone, until that is a livelock.
  static let mostOutsideRelaxes = 100_000
  @inlinable package static var defaultStepLimit: Int { 100_000 }

  package let machine: MachinePointer
  @usableFromInline package let fibers: UnsafeMutablePointer<Fiber>
  /// The tasks that can run, in no particular order; the first `readyCount` are valid.
  package let ready: UnsafeMutablePointer<Int32>
  package internal(set) var readyCount = 0
  /// The task that ran last, -1 before the first.
  @usableFromInline package internal(set) var current = -1
  /// Tasks of this execution: those with lower numbers than this.
  package internal(set) var count = 0
  /// Steps taken in this execution.
  @usableFromInline package internal(set) var steps = 0
  /// Steps after which an execution goes on under a fair schedule. After twice as many it ends.
  package internal(set) var stepLimit: Int
  /// The task of each step, with room for two limits.
  @usableFromInline var log: UnsafeMutablePointer<UInt16>

  /// Where the log goes if it is to outlive the process, and what of it is the scheduler's own to free.
  var flight: FlightLog?
  var ownsLog = true
  var ownsYes = true

  var chooser: Chooser
  var body: Body = { _ in }
  /// The context that called `run`.
  let main: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  let stacks: UnsafeMutablePointer<fiber_stacks>
  /// Where a fault of the running fiber leads to, and what it was.
  let exit: UnsafeMutablePointer<fiber_exit>
  let fault: UnsafeMutablePointer<fiber_fault>
  @usableFromInline var isRunning = false
  var isStarting = false
  /// Decisions are taken where no task runs, so that all that the tasks are stands in memory: see `tell`.
  package var decidesAside = false
  /// A task goes back to `run` at its next point.
  @usableFromInline var comesBack = false
  /// The budget's second half: every ready task gets its turn, and questions are answered no.
  var isFair = false
  var end = ExecutionEnd.completed
  var relaxedCount = 0
  var blockedCount = 0
  @usableFromInline var idleRounds = 0
  var outsideRelaxes = 0
  let answersLeft: UnsafeMutablePointer<UInt32>
  /// Walks yield up to `mostYields` times.
  package var yieldsOften = false
  /// What is done to the entries of a table that was taken out is no change: nobody finds it any more, and there are
  /// 512.
  package var passesOverUnlinked = false
  /// The questions that were answered yes, in their order; the first `yesCount` are valid.
  package internal(set) var yes: UnsafeMutablePointer<(task: Int32, question: UInt32)>
  package internal(set) var yesCount = 0
  /// Of the steps, those that write SPTEs or take or leave locks.
  package internal(set) var changes = 0
  /// Time of events: the step in the upper bits, so that events and steps are ordered.
  @usableFromInline var clock: UInt64 = 0
  @inlinable package static var clockShift: UInt64 { 16 }
  var happensBefore = HappensBefore()
  /// Called when a task has used up its countdown while nobody races, when set: what the harness asked for may never
  /// end. Gets the task.
  package var stranded: (@convention(c) (UnsafeMutableRawPointer) -> Void)?
  /// Answers every question in the strategy's place, when set: what is asked is no decision of a schedule then, and
  /// may be answered yes as often as it is asked. Gets the scheduler, the task's number and the `Question`.
  package var oracle: (@convention(c) (UnsafeMutableRawPointer, Int, UInt32) -> Bool)?
  /// The engine's own, for `Body`.
  package var engine: UnsafeMutableRawPointer?
  /// Called before each step, when set: for traces. Gets the scheduler.
  package var observer: (@convention(c) (UnsafeMutableRawPointer) -> Void)?
  /// The observer's own.
  package var observerState: UnsafeMutableRawPointer?
  /// Called before each step, when set: for a rule about what tasks are about to do. Gets the scheduler.
  package var watcher: (@convention(c) (UnsafeMutableRawPointer) -> Void)?
  /// Told what steps have to do with other tasks, when set, with its state.
  @usableFromInline package var noted: StepNoted?
  @usableFromInline package var notedState: UnsafeMutableRawPointer?
  /// Which bits of an address tell words apart in the happens-before hash.
  @usableFromInline var granule: UInt = .max
  @usableFromInline static let wordGranule = ~UInt(7)

  /// Puts the tasks of a machine on fibers.
  /// - Returns: nil if the address space for the stacks cannot be had.
  package static func create(_ machine: MachinePointer) -> FiberSchedulerPointer? {
    let count = machine.pointee.taskCount
    var stacks = fiber_stacks()
    guard fiber_stacks_create(&stacks, UInt32(count), stackBytes) else { return nil }
    let scheduler = FiberSchedulerPointer.allocate(capacity: 1)
    scheduler.initialize(to: FiberScheduler(machine, stacks: stacks))
    for id in 0..<count {
      let task = machine.pointee.tasks[id]
      task.pointee.fibers = scheduler
      task.pointee.point = schedule_point(countdown: 0, reached: FiberScheduler.reached)
    }
    return scheduler
  }

  private init(_ machine: MachinePointer, stacks: fiber_stacks) {
    func memory<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
      memory.initialize(repeating: value, count: count)
      return memory
    }
    self.machine = machine
    let count = machine.pointee.taskCount
    fibers = memory(count, Fiber())
    ready = memory(count, 0)
    answersLeft = memory(count, 0)
    yes = memory(count * Int(Self.mostYields) + 1, (-1, 0))
    stepLimit = Self.defaultStepLimit
    log = Self.room(stepLimit)
    main = memory(1, nil)
    self.stacks = memory(1, stacks)
    fault = memory(1, fiber_fault())
    exit = memory(1, fiber_exit())
    exit.pointee.stacks = UnsafePointer(self.stacks)
    exit.pointee.resume = main
    exit.pointee.fault = fault
    chooser = Chooser(
      state: UnsafeMutableRawPointer(fibers), nextTask: { _, _ in 0 }, answer: { _, _, _ in false })
  }

  /// A log is written before it is read: its memory is taken as executions grow.
  static func room(_ stepLimit: Int) -> UnsafeMutablePointer<UInt16> { .allocate(capacity: 2 * stepLimit) }

  /// Gives everything back. The machine's tasks are under no backend then.
  package static func destroy(_ scheduler: FiberSchedulerPointer) {
    for id in 0..<scheduler.pointee.machine.pointee.taskCount {
      let task = scheduler.pointee.machine.pointee.tasks[id]
      task.pointee.fibers = nil
      ThreadBackend.install(on: task)
    }
    fiber_stacks_destroy(scheduler.pointee.stacks)
    scheduler.pointee.stacks.deallocate()
    scheduler.pointee.fibers.deallocate()
    scheduler.pointee.ready.deallocate()
    scheduler.pointee.answersLeft.deallocate()
    if scheduler.pointee.ownsYes { scheduler.pointee.yes.deallocate() }
    if scheduler.pointee.ownsLog { scheduler.pointee.log.deallocate() }
    scheduler.pointee.main.deallocate()
    scheduler.pointee.exit.deallocate()
    scheduler.pointee.fault.deallocate()
    scheduler.pointee.happensBefore.deallocate()
    scheduler.deinitialize(count: 1)
    scheduler.deallocate()
  }
}

extension FiberScheduler {
  /// The task whose step this is: for an observer or a watcher, which are called before it.
  @inlinable package var mover: Int { Int(log[steps - 1]) }
}

// What a strategy may look at.
extension UnsafeMutablePointer where Pointee == FiberScheduler {
  @inlinable @inline(__always) package func isReady(_ id: Int) -> Bool {
    id >= 0 && pointee.fibers[id].state == .ready
  }

  /// The lowest-numbered task that can run: whom the default schedule turns to when the running task cannot go on.
  @usableFromInline package var lowestReady: Int {
    var lowest = Int32.max
    for index in 0..<pointee.readyCount { lowest = Swift.min(lowest, pointee.ready[index]) }
    return Int(lowest)
  }

  /// Whom the default schedule runs next.
  @inlinable package var defaultNext: Int { isReady(pointee.current) ? pointee.current : lowestReady }

  /// The task of each step so far.
  @inlinable package var log: UnsafeBufferPointer<UInt16> {
    UnsafeBufferPointer(start: pointee.log, count: pointee.steps)
  }

  /// Hash of the execution so far, equal for all executions that only differ in the order of independent steps.
  package var happensBeforeHash: UInt64 {
    var hash: UInt64 = 0
    for id in 0..<pointee.count { hash = HappensBefore.mix(hash, pointee.fibers[id].history) }
    return hash
  }

  /// Between executions. The log of the last one is gone then.
  /// - Parameter limit: at least 1.
  package func setStepLimit(_ limit: Int) {
    guard limit != pointee.stepLimit else { return }
    if pointee.ownsLog { pointee.log.deallocate() }
    let flight = pointee.flight?.steps
    pointee.ownsLog = 2 * limit > flight?.count ?? 0
    pointee.log = pointee.ownsLog ? FiberScheduler.room(limit) : flight?.baseAddress ?? FiberScheduler.room(limit)
    pointee.stepLimit = limit
    pointee.steps = 0
  }

  /// Between executions: words of 8 bytes may be accessed by parts, as by a subject with plain accesses.
  @inlinable package func usePartialWords() { pointee.granule = FiberScheduler.wordGranule }

  /// Time begins anew: what is done between executions is stamped alike whatever ran before.
  @inlinable package func resetClock() { pointee.clock = 0 }

  /// A new time, later than all before.
  @inlinable @inline(__always) package func tick() -> UInt64 {
    pointee.clock &+= 1
    return pointee.clock
  }
}
