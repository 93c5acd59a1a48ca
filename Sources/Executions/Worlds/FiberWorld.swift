/// A world whose tasks are fibers of one thread: runs an episode under any schedule, as often as wanted, each time from
/// the same tables.
///
/// One world serves one thread. It is made once for a number of tasks and a subject; episodes come and go in it.
import CAtomics
import Checkers
import Episodes
import KernelMMU
import Machine
import SecureEPT

package final class FiberWorld {
  /// Page tables that an episode can use: far more than one needs, and each task takes them in batches.
  private static func tables(tasks: Int) -> Int { max(4096, 64 * tasks) }

  /// Steps for one operation, on average: an episode that takes more does not come to its end.
  private static let stepsPerOperation = 1_000
  /// Steps for one, where each access of compiled code is one more.
  private static let plainFactor = 8

  package let machine: MachinePointer
  package let scheduler: FiberSchedulerPointer
  package let suite: CheckerSuitePointer
  package let subject: Subject
  package let policy: Policy
  package let vm: VirtualMachine
  let micro: MicroModel
  /// Where this world notes what it runs, for a process that watches over this one.
  package let place: BlackBox.Place?
  package let snapshot: Snapshot
  private let early: EarlyEnd?
  /// What the fibers' bodies reach through `FiberScheduler.engine`.
  private let race: UnsafeMutablePointer<Race>
  // One thread alone has the world. That modules above read these would otherwise cost a check for each execution.
  @exclusivity(unchecked) package private(set) var episode: Episode
  /// The episode's tables are built, and no rule was broken on the way.
  @exclusivity(unchecked) package private(set) var isPrepared = false
  @exclusivity(unchecked) package private(set) var end = ExecutionEnd.completed
  /// Each thread has its own page tables to take before the race: who takes one tells nobody else anything.
  package var readiesPages = false
  /// Hash of all events of the last execution, in their order.
  @exclusivity(unchecked) package private(set) var eventHash: UInt64 = 0
  package var capacity: Int { machine.pointee.taskCount }

  /// - Parameter early: what may cut an execution.
  /// - Returns: nil if the address space cannot be had.
  package init?(tasks: Int, subject: Subject, policy: Policy, early: EarlyEnd? = nil) {
    guard let machine = Machine.create(tasks: tasks, capacity: Self.tables(tasks: tasks)) else { return nil }
    guard let scheduler = FiberScheduler.create(machine) else {
      Machine.destroy(machine)
      return nil
    }
    let largest = UInt64(Episode.largestRegionCount) * 512
    let subject = subject.borrowed()
    guard let vm = VirtualMachine(subject, machine, policy: policy, guestPages: largest) else {
      subject.giveBack()
      FiberScheduler.destroy(scheduler)
      Machine.destroy(machine)
      return nil
    }
    self.machine = machine
    self.scheduler = scheduler
    self.subject = subject
    self.policy = policy
    self.early = early
    self.vm = vm
    place = subject.kernel?.blackBox?.take()
    scheduler.pointee.yieldsOften = subject.isKernel
    scheduler.pointee.passesOverUnlinked = subject.isKernel
    if subject.hasPlainAccesses {
      scheduler.usePartialWords()
      if subject.checksRaces { RaceChecker.install(on: scheduler) }
    }
    suite = CheckerSuite.install(on: machine, guestPages: largest, mergesPrivate: policy.mapsHuge)
    suite.pointee.digests = true
    micro = MicroModel(mutant: subject.mutant)
    snapshot = Snapshot(of: machine)
    vm.register(in: snapshot)
    CheckerSuite.register(suite, in: snapshot)
    micro.register(in: snapshot)
    race = UnsafeMutablePointer<Race>.allocate(capacity: 1)
    race.initialize(to: Race(runner: OperationRunner(vm: vm, suite: suite), micro: micro, tasks: tasks))
    scheduler.pointee.engine = UnsafeMutableRawPointer(race)
    episode = Episode(scenario: "", policy: policy, regions: [], threads: [])
    watchKernel()
    if let place { scheduler.log(to: place.log) }
    early?.add(machine)
  }

  deinit {
    early?.remove(machine)
    if let place { subject.kernel?.blackBox?.giveBack(place) }
    race.pointee.deallocate()
    race.deallocate()
    micro.deallocate()
    CheckerSuite.remove(suite)
    vm.destroy()
    FiberScheduler.destroy(scheduler)
    Machine.destroy(machine)
    subject.giveBack()
  }

  /// Builds the episode's tables. At most `capacity` threads.
  /// - Parameter verifies: the tables are looked at as they are after a race, before there is one.
  /// - Returns: false if a rule was broken, or the harness failed, before any thread ran.
  package func prepare(_ episode: Episode, verifies: Bool = false) -> Bool {
    self.episode = episode
    isPrepared = false
    race.pointee.load(episode.threads)
    let steps = max(FiberScheduler.defaultStepLimit, episode.operations * Self.stepsPerOperation)
    scheduler.setStepLimit(subject.hasPlainAccesses ? steps * Self.plainFactor : steps)
    guard episode.subject == .model else {
      isPrepared = true
      return true
    }
    beginFlight()
    defer { place?.enter(.idle) }
    snapshot.reset()
    scheduler.resetClock()
    early?.apply(to: machine)
    outsideRace()
    guarded { FiberWorld.of($0).buildTables() }
    isCut = early?.isCut ?? false
    let task = machine.pointee.tasks[0]
    guard !task.isHalted && !isCut else { return false }
    suite.beginRace()
    vm.beginRace(episode)
    snapshot.take()
    if verifies {
      guarded {
        let world = FiberWorld.of($0)
        world.vm.verifyAtRest(world.suite, world.machine.pointee.tasks[0])
      }
      guard !isHalted, harnessFault == nil else { return false }
      snapshot.restore()
    }
    isPrepared = true
    return true
  }

  private func buildTables() {
    let task = machine.pointee.tasks[0]
    vm.beQuiet()
    vm.build(task, episode)
    vm.beginRound(suite, guestPages: episode.guestPages)
    for id in 0..<episode.threads.count {
      machine.pointee.tasks[id].pointee.busyThreshold = 0
      machine.pointee.tasks[id].pointee.mayResched = false
    }
    for request in episode.populated where !task.isHalted {
      race.pointee.runner.carryOut(task, request, pollsAlways: true)
      task.publish(.operation, 0)
    }
    if !task.isHalted { vm.finalize(task, suite) }
    if readiesPages { for id in 0..<episode.threads.count { machine.pointee.tasks[id].readyPages() } }
    for id in 0..<episode.threads.count {
      machine.pointee.tasks[id].pointee.busyThreshold = episode.injectsBusy ? 1 : 0
      machine.pointee.tasks[id].pointee.mayResched = episode.mayYield
    }
  }

  /// Runs a part of the harness in which a subject may stop for good.
  private func guarded(_ errand: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void) {
    if let fault = vm.guarded(Unmanaged.passUnretained(self).toOpaque(), errand) {
      report(fault, machine.pointee.tasks[0])
    }
  }

  private static func of(_ raw: UnsafeMutableRawPointer) -> FiberWorld {
    Unmanaged<FiberWorld>.fromOpaque(raw).takeUnretainedValue()
  }

  /// Runs the episode once, from its initial tables. What was found stands in `violation` and `harnessFault`.
  @inline(__always) package func execute(_ chooser: FiberScheduler.Chooser) {
    episode.subject == .model ? executeModel(chooser) : executeMicro(chooser)
    isCut = early?.isCut ?? false
  }

  /// Of an execution, or a preparation, that was cut there is none: what it left half done breaks rules.
  package var violation: Violation? { isCut ? nil : machine.pointee.reports.violation }
  package var harnessFault: String? { isCut ? nil : machine.pointee.reports.harnessFault }
  /// The last execution, or the preparation, did not come to its end, because nobody waits for it any more.
  @exclusivity(unchecked) package private(set) var isCut = false
  @inline(__always) package var isHalted: Bool { raw_load32(machine.pointee.haltWord) != 0 }

  private func executeMicro(_ chooser: FiberScheduler.Chooser) {
    if isHalted {
      machine.pointee.clearHalt()
      machine.pointee.reports.reset()
      early?.apply(to: machine)
    }
    micro.reset()
    race.pointee.digest = 0
    end = scheduler.run(count: race.pointee.count, body: microBody, chooser: chooser)
    eventHash = race.pointee.digest ^ scheduler.happensBeforeHash
    if _fastPath(end == .completed) { micro.verify(machine) } else { explain() }
  }

  private func executeModel(_ chooser: FiberScheduler.Chooser) {
    place?.enter(.executing)
    defer { place?.enter(.idle) }
    snapshot.restore()
    early?.apply(to: machine)
    end = scheduler.run(count: race.pointee.count, body: modelBody, chooser: chooser)
    let count = race.pointee.count
    outsideRace()
    if _fastPath(end == .completed) {
      guarded { FiberWorld.of($0).settle() }
    } else {
      // What the others did before the halt may be the cause of what was found.
      for id in 0..<count { machine.pointee.tasks[id].drain() }
      explain()
    }
    eventHash = suite.pointee.digest(count) ^ scheduler.happensBeforeHash
  }

  /// Points that the harness itself passes are no decisions.
  @inline(__always) private func outsideRace() { machine.pointee.tasks[0].pointee.point.countdown = .max / 2 }

  private func settle() {
    let task = machine.pointee.tasks[0]
    vm.settle(task, suite, tasks: race.pointee.count)
    guard episode.endsInTeardown, !task.isHalted else { return }
    vm.beQuiet()
    vm.end(task, suite, tasks: race.pointee.count)
  }

  /// Turns an end without a violation into what it is: a rule about progress, or a fault of the harness.
  private func explain() {
    switch end {
    case .completed, .halted: break
    case .deadlock, .livelock:
      reportStuck(end == .deadlock ? "no thread can ever run again: " : "nothing changes any more: ")
    case .budget: reportStuck("no end in \(scheduler.pointee.steps) steps, the last of them under a fair schedule: ")
    case .diverged: break
    case .fault(let task, let fault): report(fault, machine.pointee.tasks[task])
    }
  }

  private func reportStuck(_ prefix: String) {
    guard !isHalted else { return }
    let violation = StuckTasks(machine).violation(
      prefix: prefix, stamp: machine.pointee.tasks[0].stamp(), holders: LockHolders.of(machine, suite))
    if let violation {
      machine.pointee.reports.add(violation)
    } else {
      machine.pointee.reports.add(harnessFault: "an execution did not end, and no thread is inside an operation")
    }
    machine.pointee.halt()
  }
}

/// What the fibers of one world share.
private struct Race {
  let runner: OperationRunner
  let micro: MicroModel
  /// By thread: its requests.
  let requests: UnsafeMutablePointer<UnsafeMutableBufferPointer<Request>>
  let tasks: Int
  var count = 0
  var digest: UInt64 = 0

  init(runner: OperationRunner, micro: MicroModel, tasks: Int) {
    self.runner = runner
    self.micro = micro
    self.tasks = tasks
    requests = .allocate(capacity: tasks)
    requests.initialize(repeating: .init(start: nil, count: 0), count: tasks)
  }

  mutating func load(_ threads: [[Request]]) {
    for id in 0..<tasks {
      requests[id].deallocate()
      requests[id] = .init(start: nil, count: 0)
    }
    count = min(threads.count, tasks)
    for (id, list) in threads.prefix(count).enumerated() {
      requests[id] = .allocate(capacity: list.count)
      _ = requests[id].initialize(from: list)
    }
  }

  func deallocate() {
    for id in 0..<tasks { requests[id].deallocate() }
    requests.deallocate()
  }
}

private let microBody: FiberScheduler.Body = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let race = task.pointee.fibers?.pointee.engine?.assumingMemoryBound(to: Race.self) else { return }
  var digest: UInt64 = 0
  race.pointee.micro.race(task, iterations: race.pointee.requests[task.pointee.id].count, &digest)
  race.pointee.digest = race.pointee.digest &+ (digest ^ UInt64(truncatingIfNeeded: task.pointee.id))
}

private let modelBody: FiberScheduler.Body = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let fibers = task.pointee.fibers,
    let race = fibers.pointee.engine?.assumingMemoryBound(to: Race.self)
  else { return }
  let requests = race.pointee.requests[task.pointee.id]
  var index = 0
  while index < requests.count && !task.isHalted {
    let (effect, _) = race.pointee.runner.carryOut(task, requests[index], pollsAlways: true)
    OperationRunner.count(task, requests[index].operation, task.isHalted ? .stopped : effect.outcome)
    fibers.progress()
    index &+= 1
  }
  task.publish(.operation, 0)
}
