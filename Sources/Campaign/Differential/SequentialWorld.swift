/// A world in which one operation runs at a time, to its end: each is an execution of its own on one fiber.
///
/// What a strategy would decide is decided by the operation's own draw, in terms that every subject shares: the n-th
/// SEAMCALL that may be busy, and how many SPTEs were changed so far. Schedule points are not among them, as no two
/// subjects pass the same.
import CAtomics
import Episodes
import Executions
import Machine
import SecureEPT

package final class SequentialWorld {
  /// Far more than the longest operation takes, which walks all tables of a large guest several times.
  private static let stepLimit = 4_000_000

  private let world: FiberWorld
  private let runner: OperationRunner
  private var frame: Episode?
  /// What runs.
  private var step: SequentialEpisode.Step?
  private var effect = Effect(.stopped)
  private var trace = EpisodeTrace.Operation()
  private var lock = Task.LockMode.none
  /// Of the operation: SPTEs changed, SEAMCALLs that could be busy, those that were.
  private var (changes, questions, busy) = (0, 0, 0)
  /// `ModelLimit.initialPages`: PAGE.ADD is no step that is compared.
  var leavesOutAdd = false
  /// The model's aging is that of an older kernel.
  var agesByFetchAnd = false
  /// `ModelLimit.nxLock`: of an NX recovery its result and the tables are compared.
  var leavesOutNxRecovery = false
  /// The number of changes at which the walk yielded last, -1 for none.
  private var yieldedAt = -1

  /// - Parameter threads: at most in an episode.
  /// - Returns: nil if the address space cannot be had.
  package init?(threads: Int, subject: Subject, policy: Policy = .fourK) {
    guard let world = FiberWorld(tasks: threads, subject: subject, policy: policy) else { return nil }
    self.world = world
    runner = OperationRunner(vm: world.vm, suite: world.suite)
    world.scheduler.setStepLimit(Self.stepLimit)
  }

  /// Runs the episode from its beginning.
  /// - Parameter keepsEntries: the tables are kept entry by entry after each operation.
  package func run(_ episode: SequentialEpisode, keepsEntries: Bool = false) -> EpisodeTrace {
    var result = EpisodeTrace()
    // For each run anew: two worlds take turns on one thread.
    guard world.scheduler.registerThread() else {
      result.harnessFault = "no memory for the signal stack of a thread"
      return result
    }
    begin(episode.frame)
    defer { end() }
    for step in episode.setup where !world.isHalted {
      result.operations.append(carryOut(step, isSetup: true, keepsEntries))
    }
    if !world.isHalted { guarded { $0.world.vm.finalize($0.task, $0.world.suite) } }
    for step in episode.steps where !world.isHalted {
      result.operations.append(carryOut(step, isSetup: false, keepsEntries))
    }
    if !world.isHalted { result.statistics = statistics() }
    if !world.isHalted { result.operations.append(settle(episode.frame.endsInTeardown)) }
    result.harnessFault = world.harnessFault
    return result
  }

  // MARK: Parts of an episode

  private var task: TaskPointer { world.machine.pointee.tasks[0] }

  private func begin(_ frame: Episode) {
    self.frame = frame
    world.snapshot.reset()
    world.scheduler.resetClock()
    world.scheduler.pointee.engine = Unmanaged.passUnretained(self).toOpaque()
    world.scheduler.pointee.oracle = answerQuestion
    world.suite.pointee.observer = observeEvent
    for id in 0..<world.capacity {
      world.machine.pointee.tasks[id].pointee.busyThreshold = 0
      world.machine.pointee.tasks[id].pointee.mayResched = false
    }
    guarded { own in
      guard let frame = own.frame else { return }
      own.world.vm.build(own.task, frame)
      if case .model(let model) = own.world.vm { model.kvm.pointee.agesByFetchAnd = own.agesByFetchAnd }
      own.world.vm.beginRound(own.world.suite, guestPages: frame.guestPages)
    }
  }

  private func end() {
    world.scheduler.pointee.oracle = nil
    world.suite.pointee.observer = nil
    world.scheduler.unregisterThread()
    frame = nil
  }

  private func carryOut(
    _ step: SequentialEpisode.Step, isSetup: Bool, _ keepsEntries: Bool
  ) -> EpisodeTrace.Operation {
    guard let frame else { return trace }
    let runs = world.machine.pointee.tasks[step.thread]
    // The TD's first pages are added by the harness of the model, which asks nothing.
    runs.pointee.busyThreshold = frame.injectsBusy && !isSetup ? 1 : 0
    runs.pointee.mayResched = frame.mayYield && !isSetup
    self.step = step
    beginOperation()
    let chooser = FiberScheduler.Chooser(
      state: UnsafeMutableRawPointer(world.scheduler),
      nextTask: { _, scheduler in Int32(scheduler.assumingMemoryBound(to: FiberScheduler.self).defaultNext) },
      answer: { _, _, _ in false })
    let end = world.scheduler.run(count: frame.threads.count, body: body, chooser: chooser)
    self.step = nil
    for id in 0..<frame.threads.count { world.machine.pointee.tasks[id].drain() }
    trace.result = world.isHalted || end != .completed ? .stopped : EpisodeTrace.Result(effect)
    if end != .completed && !world.isHalted { trace.violation = "the operation did not end: \(end)" }
    if trace.violation != nil { world.machine.pointee.halt() }
    finishOperation(keepsEntries)
    return trace
  }

  /// All that the checkers look at once nothing runs, and the VM's end.
  private func settle(_ tearsDown: Bool) -> EpisodeTrace.Operation {
    beginOperation()
    let tasks = frame?.threads.count ?? 0
    guarded { $0.world.vm.settle($0.task, $0.world.suite, tasks: tasks) }
    if tearsDown { guarded { $0.world.vm.end($0.task, $0.world.suite, tasks: tasks) } }
    trace.result = world.isHalted ? .stopped : .done
    finishOperation(false)
    return trace
  }

  private func beginOperation() {
    trace = EpisodeTrace.Operation()
    effect = Effect(.stopped)
    lock = .none
    (changes, questions, busy, yieldedAt) = (0, 0, 0, -1)
    trace.kicks = raw_load64(kickCount)
  }

  private func finishOperation(_ keepsEntries: Bool) {
    trace.kicks = raw_load64(kickCount) &- trace.kicks
    if let violation = world.violation { trace.violation = "\(violation.checker.name): \(violation.seen)" }
    guard !world.isHalted else { return }
    let walk = TableWalk(world: world)
    trace.tables = walk.hash()
    if keepsEntries { trace.entries = walk.entries() }
  }

  private var kickCount: UnsafeMutablePointer<UInt64> { world.vm.td.pointee.kickCount }

  private func statistics() -> EpisodeTrace.Statistics {
    var result = EpisodeTrace.Statistics()
    let countsTables = world.vm.collectStatistics()
    var tables: Int64 = 0
    result.pages = [0, 0, 0]
    for id in 0..<world.capacity {
      let task = world.machine.pointee.tasks[id]
      for level in 1...3 { result.pages[level - 1] += task.pointee.pageStatistics[level] }
      tables += task.pointee.tableStatistics
    }
    result.tables = countsTables ? tables : nil
    result.possibleNxHugePages = world.vm.possibleNxHugePages
    return result
  }

  /// Runs a part of the harness in which a subject may stop for good.
  private func guarded(_ errand: @escaping (SequentialWorld) -> Void) {
    var pending = Errand(world: self, body: errand)
    // Points that the harness itself passes are no decisions.
    task.pointee.point.countdown = .max / 2
    _ = withUnsafeMutablePointer(to: &pending) { pointer in
      world.vm.guarded(UnsafeMutableRawPointer(pointer)) { raw in
        let errand = raw.assumingMemoryBound(to: Errand.self)
        errand.pointee.body(errand.pointee.world)
      }
    }
  }

  private struct Errand {
    let world: SequentialWorld
    let body: (SequentialWorld) -> Void
  }
}

// MARK: On the fiber

extension SequentialWorld {
  fileprivate func perform(_ task: TaskPointer) {
    guard let step, step.thread == task.pointee.id else { return }
    effect = runner.carryOut(task, step.request, pollsAlways: true).effect
    // `ModelLimit.fastFault`
    if case .model = world.vm, step.request.operation == .fastFault, effect.outcome == .nothing, !task.isHalted,
      !world.vm.isPrivate(step.request.range.lowerBound)
    {
      let fault = Request(operation: .fault, range: step.request.range, draw: 0)
      effect = runner.carryOut(task, fault, pollsAlways: true).effect
    }
    task.publish(.operation, 0)
  }

  fileprivate func read(_ event: Event) {
    switch event.kind {
    case .readLock: lock = .read
    case .writeLock: lock = .write
    case .readUnlock, .writeUnlock: lock = .none
    case .lockYielded:
      yieldedAt = changes
      guard let step, !ModelLimit.yieldsElsewhere.contains(step.request.operation) else { return }
      if leavesOutNxRecovery, step.request.operation == .nxRecover { return }
      trace.steps.append(ComparedStep(kind: .yielded, root: .none, gfn: 0, level: 0, lock: lock))
    default:
      if leavesOutAdd, event.kind == .seamcall, event.seamcall == .pageAdd { return }
      if leavesOutNxRecovery, self.step?.request.operation == .nxRecover { return }
      guard let step = ComparedStep(event, lock: lock, world.machine) else { return }
      trace.steps.append(step)
      if step.isChange { changes += 1 }
    }
  }

  fileprivate func answer(_ task: TaskPointer, _ question: UInt32) -> Bool {
    guard let step else { return false }
    switch Question(rawValue: question) {
    case .busy:
      questions += 1
      let isBusy = step.isBusy(questions, after: busy)
      if isBusy { busy += 1 }
      return isBusy
    case .resched:
      // What was changed so far is what the task has told of.
      task.drain()
      // Yes up to the place at which the walk may yield: it must have made progress.
      return yieldedAt != changes && step.yields(after: changes)
    case .needbreak, nil: return false
    }
  }

  fileprivate static func of(_ task: TaskPointer) -> SequentialWorld? {
    guard let engine = task.pointee.fibers?.pointee.engine else { return nil }
    return Unmanaged<SequentialWorld>.fromOpaque(engine).takeUnretainedValue()
  }
}

private let body: FiberScheduler.Body = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  SequentialWorld.of(task)?.perform(task)
}

private let observeEvent: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void = { raw, event in
  SequentialWorld.of(raw.assumingMemoryBound(to: Task.self))?.read(event.assumingMemoryBound(to: Event.self).pointee)
}

private let answerQuestion: @convention(c) (UnsafeMutableRawPointer, Int, UInt32) -> Bool = { raw, id, question in
  let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
  let task = scheduler.pointee.machine.pointee.tasks[id]
  return SequentialWorld.of(task)?.answer(task, question) ?? false
}
