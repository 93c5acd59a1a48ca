/// Takes down one execution: the scheduler tells of each step before it is taken, the checkers of each event as they
/// read it. The two meet by the step number in an event's stamp.
import CAtomics
import Machine

final class TraceRecorder {
  private let world: FiberWorld
  private let tables: TraceTables
  private let focus: TraceFocus?
  /// The S-EPT entries whose changes to take down, and what was last seen in them.
  private let watched: [TraceExternal]
  private var external: [TraceValue] = []
  /// The entries to look at before the first step, and what stood there.
  private(set) var entries: TraceEntries
  private var wasReached = false
  private(set) var steps: [TraceStep] = []
  private(set) var events: [Event] = []
  /// Of the focus, before the first step.
  private(set) var initial = (spte: TraceValue.none, external: TraceValue.none)
  /// The level whose statistics to take down, 0 for the tables'; nil for none.
  private let level: Int?
  /// What they counted, and what the tables held, before the first step.
  private(set) var statistics: (counted: Int64, held: Int64)?
  /// What the harness did once all threads had ended: the VM's end.
  private(set) var afterwards: [Event] = []
  /// By thread: the operation that begins with its next step.
  private var begun: [Event?]

  /// - Parameters:
  ///   - focus: whose values to take down; nil for none.
  ///   - watched: the S-EPT entries whose changes to take down.
  ///   - entries: those to look at before the first step.
  ///   - level: whose statistics to take down, 0 for the tables'; nil for none.
  init(
    _ world: FiberWorld, focus: TraceFocus?, watching watched: [TraceExternal] = [],
    entries: TraceEntries = TraceEntries(), statistics level: Int? = nil
  ) {
    self.world = world
    self.level = level
    self.focus = focus
    self.watched = watched
    self.entries = entries
    tables = TraceTables(world)
    begun = .init(repeating: nil, count: world.capacity)
  }

  /// Runs `body`, which executes the prepared episode once.
  func record<Value>(_ body: () -> Value) -> Value {
    world.scheduler.pointee.observerState = Unmanaged.passUnretained(self).toOpaque()
    world.scheduler.pointee.observer = Self.beforeStep
    defer {
      world.scheduler.pointee.observer = nil
      world.scheduler.pointee.observerState = nil
      world.suite.pointee.observer = nil
    }
    let value = body()
    // After a complete execution the tables were looked at, perhaps torn down: the end of the last operation is where
    // its values were taken.
    if world.end != .completed || world.episode.subject == .micro { endStep() }
    deal()
    return value
  }

  // MARK: Callbacks

  private static let beforeStep: @convention(c) (UnsafeMutableRawPointer) -> Void = { raw in
    let scheduler = raw.assumingMemoryBound(to: FiberScheduler.self)
    guard let state = scheduler.pointee.observerState else { return }
    Unmanaged<TraceRecorder>.fromOpaque(state).takeUnretainedValue().beginStep(scheduler)
  }

  private static let onEvent: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void = { raw, event in
    let task = raw.assumingMemoryBound(to: Task.self)
    guard let state = task.pointee.fibers?.pointee.observerState else { return }
    Unmanaged<TraceRecorder>.fromOpaque(state).takeUnretainedValue()
      .read(event.assumingMemoryBound(to: Event.self).pointee, task)
  }

  private func beginStep(_ scheduler: FiberSchedulerPointer) {
    if steps.isEmpty {
      // The suite's own state goes back when an execution begins, this pointer with it.
      world.suite.pointee.observer = Self.onEvent
      initial = sample()
      statistics = count()
      external = watched.map { tables.external($0) }
      entries.sample(tables)
    } else {
      endStep()
    }
    let thread = Int(scheduler.log[scheduler.pointee.steps - 1])
    let fiber = scheduler.pointee.fibers[thread]
    let before = scheduler.pointee.current
    var step = TraceStep(
      number: scheduler.pointee.steps, thread: thread, kind: fiber.pendingKind,
      place: place(fiber.pendingAddress), word: UInt(bitPattern: fiber.pendingAddress) & ~7)
    // A thread that spins could not have gone on, though this step may be what it waits for.
    step.isPreemption =
      before >= 0 && before != thread && scheduler.isReady(before)
      && scheduler.pointee.fibers[before].pendingKind != SCHEDULE_RELAX.rawValue
    step.waited = waiting(thread)
    step.wasReading = isReading(thread)
    step.code = world.vm.place(of: world.machine.pointee.tasks[thread])
    switch step.place {
    case .entry(let entry, _, _, _):
      step.before = tables.value(entry)
      step.isUnlinked = !tables.isLinked(entry)
    case .microSpte: step.before = raw_load64(world.micro.spte)
    case .microExternal: step.before = raw_load64(world.micro.external)
    case .none, .mmuLock, .rcu, .word: break
    }
    steps.append(step)
  }

  private func read(_ event: Event, _ task: TaskPointer) {
    let number = Int(event.stamp >> FiberScheduler.clockShift)
    let isOver = (0..<world.scheduler.pointee.count).allSatisfy { world.scheduler.pointee.fibers[$0].state == .done }
    // What the harness does once all threads have ended comes after the last step.
    if isOver && number == steps.count { return afterwards.append(event) }
    events.append(event)
    guard number > 0 else {
      if event.kind == .operationBegin { begun[task.pointee.id] = event }
      return
    }
    guard number <= steps.count, steps[number - 1].thread == task.pointee.id else { return }
    steps[number - 1].events.append(event)
    if event.kind == .operationEnd && number == steps.count { endStep() }
  }

  // MARK: Steps

  private func place(_ address: UnsafeRawPointer?) -> TraceStep.Place {
    guard let address else { return .none }
    if world.episode.subject == .micro {
      return address == UnsafeRawPointer(world.micro.spte) ? .microSpte : .microExternal
    }
    if let entry = tables.index(of: address) { return tables.place(entry) }
    if address == UnsafeRawPointer(world.machine.pointee.mmuLock.pointee.writer) { return .mmuLock }
    if address == UnsafeRawPointer(world.machine.pointee.rcuEpoch) { return .rcu }
    return .word(world.vm.name(of: address) ?? "")
  }

  private func waiting(_ thread: Int) -> Task.Waiting {
    Task.Waiting(rawValue: world.machine.pointee.tasks[thread].published(.waiting) >> 56) ?? .nothing
  }

  /// What the last step left behind.
  private func endStep() {
    guard let last = steps.indices.last else { return }
    steps[last].waits = waiting(steps[last].thread)
    steps[last].isBlocked = world.scheduler.pointee.fibers[steps[last].thread].state == .blocked
    steps[last].isReading = isReading(steps[last].thread)
    (steps[last].spte, steps[last].external) = sample()
    steps[last].statistics = count()
    // Only the TDX module writes there.
    guard steps[last].kind == SCHEDULE_SEAMCALL.rawValue || steps[last].has(.seamcall) else { return }
    for index in watched.indices {
      let value = tables.external(watched[index])
      guard value != external[index] else { continue }
      steps[last].externalChanges.append((watched[index], external[index], value))
      external[index] = value
    }
  }

  private func isReading(_ thread: Int) -> Bool { world.machine.pointee.tasks[thread].pointee.rcuDepth > 0 }

  private func sample() -> (spte: TraceValue, external: TraceValue) {
    if world.episode.subject == .micro {
      return (.word(raw_load64(world.micro.spte)), .word(raw_load64(world.micro.external)))
    }
    guard let focus else { return (.none, .none) }
    return (tables.spte(focus, wasReached: &wasReached), tables.external(focus))
  }

  private func count() -> (counted: Int64, held: Int64)? {
    guard let level else { return nil }
    // Of a kernel they are looked up; with plain accesses looking would be a schedule point.
    if let kernel = world.subject.kernel {
      guard !kernel.plainAccesses else { return nil }
      world.vm.reportStatistics()
    }
    return world.suite.statistics(level, directRoot: world.vm.root(.direct))
  }

  /// The step since which the statistics have not been what the tables hold; nil if nobody asked, or they are.
  var parting: Int? {
    let alike = steps.lastIndex { step in step.statistics.map { $0.counted == $0.held } ?? true }
    let first = alike.map { $0 + 1 } ?? 0
    return level != nil && first < steps.count ? first : nil
  }

  /// Gives each operation's begin to its first step, and puts the events in their order in time.
  private func deal() {
    events.sort { $0.stamp < $1.stamp }
    for index in steps.indices {
      let thread = steps[index].thread
      steps[index].begins = begun[thread]
      begun[thread] = steps[index].events.last { $0.kind == .operationBegin }
      steps[index].events.removeAll { $0.kind == .operationBegin }
    }
  }
}
