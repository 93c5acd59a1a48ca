/// What a soak races in: machine, subject, checkers, workload, and the race of one task through one round.
import CAtomics
import Checkers
import Executions
import Machine

/// Pointers into memory that the engine owns until all workers have ended.
struct SoakWorld: @unchecked Sendable {
  let configuration: SoakConfiguration
  let machine: MachinePointer
  let vm: VirtualMachine
  let suite: CheckerSuitePointer
  /// Kept, not made anew: for each operation that would count references to the subject.
  private let runner: OperationRunner
  let guestPages: UInt64
  let operationsPerRound: Int
  let latencies: Latencies
  /// Digest of what each task has drawn this round.
  let digests: UnsafeMutablePointer<UInt64>
  /// Not 0 once the run should end: workers stop between two operations.
  let stopWord: UnsafeMutablePointer<UInt32>

  /// The same for each task of a disjoint run, at any number of them: what it measures is the race, and the barrier
  /// between two is serial.
  private static let disjointOperations = 262_144

  static func operationsPerRound(_ configuration: SoakConfiguration) -> Int {
    if configuration.isDisjoint { return disjointOperations }
    return min(max(configuration.roundOperations / configuration.threads, 64), 65_536)
  }

  init?(_ configuration: SoakConfiguration) {
    self.configuration = configuration
    guestPages = UInt64(configuration.memoryGiB) << 18
    let tables = 5 * Int(guestPages / 512) + 64 * configuration.threads + 65_536
    guard let machine = Machine.create(tasks: configuration.threads, capacity: tables) else { return nil }
    self.machine = machine
    guard
      let vm = VirtualMachine(
        configuration.subject, machine, policy: configuration.policy, guestPages: guestPages, isThreaded: true)
    else {
      Machine.destroy(machine)
      return nil
    }
    self.vm = vm
    if case .kernel(let vm) = vm, let kernel = configuration.kernel {
      vm.watch(kernel.code)
      // Threads that hang are given up, and go on in there.
      kernel.keepForThreads()
    }
    suite = CheckerSuite.install(on: machine, guestPages: guestPages, mergesPrivate: configuration.policy.mapsHuge)
    runner = OperationRunner(vm: vm, suite: suite)
    operationsPerRound = Self.operationsPerRound(configuration)
    latencies = Latencies(threads: configuration.threads, capacity: operationsPerRound)
    digests = UnsafeMutablePointer<UInt64>.allocate(capacity: configuration.threads)
    digests.initialize(repeating: 0, count: configuration.threads)
    stopWord = Self.stopWord(of: machine)
    // A kernel's own looks for what is to leave its code.
    if machine.pointee.interrupt == nil { machine.pointee.interrupt = Self.hurry }
  }

  func destroy() {
    CheckerSuite.remove(suite)
    vm.destroy()
    Machine.destroy(machine)
    latencies.deallocate()
    digests.deallocate()
  }

  /// The round ends after the operation that each thread is in, with no pause on the way there.
  func stop() {
    raw_store32(stopWord, 1)
  }

  /// For `Machine.interrupt`: where threads are to come to an end, none makes a pause any more. A thousand of them that
  /// do would take a quarter of a minute.
  private static let hurry: @convention(c) (UnsafeMutableRawPointer) -> Void = { raw in
    let task = raw.assumingMemoryBound(to: Task.self)
    if _slowPath(raw_load32(stopWord(of: task.pointee.machine)) != 0) {
      ThreadBackend.setPauses(task, mean: 0, draws: SplitMix64(state: 0))
    }
  }

  /// Beside the word that all threads look at anyway.
  private static func stopWord(of machine: MachinePointer) -> UnsafeMutablePointer<UInt32> {
    machine.pointee.haltWord + 1
  }

  /// The task that speaks for the harness while no worker runs.
  var mainTask: TaskPointer { machine.pointee.tasks[0] }

  /// What the harness and the threads do of a round, in memory of its own: a subject may leave it half done.
  private struct Errand {
    let world: SoakWorld
    var plan: RoundPlan?
    var workload: Workload?
    var task = 0

    static func of(_ raw: UnsafeMutableRawPointer) -> Errand { raw.assumingMemoryBound(to: Errand.self).pointee }
  }

  private func with<Result>(_ errand: Errand, _ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    let pointer = UnsafeMutablePointer<Errand>.allocate(capacity: 1)
    pointer.initialize(to: errand)
    defer {
      pointer.deinitialize(count: 1)
      pointer.deallocate()
    }
    return body(UnsafeMutableRawPointer(pointer))
  }

  /// Builds and populates the round's tables, then arms the tasks. No worker runs.
  func beginRound(_ plan: RoundPlan) {
    ThreadBackend.setPauses(mainTask, mean: 0, draws: SplitMix64(state: 0))
    mainTask.pointee.busyThreshold = 0
    mainTask.pointee.mayResched = false
    with(Errand(world: self, plan: plan)) { raw in
      let fault = vm.guarded(raw) {
        let errand = Errand.of($0)
        if let plan = errand.plan { errand.world.buildTables(plan) }
      }
      report(fault, mainTask)
    }
    arm(plan)
  }

  private func buildTables(_ plan: RoundPlan) {
    let task = mainTask
    let isDisjoint = configuration.isDisjoint
    let isAllShared = !configuration.subject.hasMirrorRoots
    vm.build(
      task, vcpus: configuration.threads, regions: Int(guestPages >> 9), provesMmu: plan.provesMmu
    ) {
      let kind = isDisjoint ? (isPrivate: true, allowsHuge: false) : RoundPlan.kind(of: $0, seed: plan.seed)
      return (kind.isPrivate && !isAllShared, kind.allowsHuge)
    }
    vm.beginRound(suite, guestPages: guestPages)
    for request in plan.populated where !task.isHalted { carryOut(task, request) }
    if !task.isHalted { vm.finalize(task, suite) }
    task.drain()
  }

  private func arm(_ plan: RoundPlan) {
    for id in 0..<configuration.threads {
      let task = machine.pointee.tasks[id]
      let index = UInt64(id)
      task.pointee.faultDraws = SplitMix64(seed: plan.seed, .faults, index: index)
      task.pointee.reschedDraws = SplitMix64(seed: plan.seed, .resched, index: index)
      task.pointee.mayResched = true
      task.pointee.busyThreshold = UInt64(configuration.busyPercent / 100 * 4_294_967_296)
      ThreadBackend.setPauses(
        task, mean: configuration.perturbation.meanPoints ?? 0,
        draws: SplitMix64(seed: plan.seed, .pauses, index: index))
    }
  }

  /// One task's race through a round: runs on its worker.
  func race(_ id: Int, _ plan: RoundPlan, _ workload: Workload) {
    let task = machine.pointee.tasks[id]
    let (isDone, fault) = with(Errand(world: self, plan: plan, workload: workload, task: id)) { raw in
      vm.racing(task, raw) {
        let errand = Errand.of($0)
        guard let plan = errand.plan, let workload = errand.workload else { return }
        errand.world.carryOutRound(errand.task, plan, workload)
      }
    }
    report(fault, task)
    if !isDone { countAbandoned(id) }
  }

  /// Code of a kernel could not go on.
  private func report(_ fault: CodeFault?, _ task: TaskPointer) {
    guard let fault, case .kernel(let vm) = vm, let kernel = configuration.kernel else { return }
    vm.report(fault, of: task, kernel.loaded)
  }

  /// The task's last operation was left where it stood.
  private func countAbandoned(_ id: Int) {
    let task = machine.pointee.tasks[id]
    let isCulprit = machine.pointee.reports.violation?.task == id
    OperationRunner.count(task, task.pointee.currentOperation, isCulprit ? .failed : .stopped)
  }

  private func carryOutRound(_ id: Int, _ plan: RoundPlan, _ workload: Workload) {
    let task = machine.pointee.tasks[id]
    var draws = SplitMix64(seed: plan.seed, .workload, index: UInt64(id))
    var digest: UInt64 = 0
    var done = 0
    while done < operationsPerRound && raw_load32(stopWord) == 0 && !task.isHalted {
      let request = workload.next(&draws, task: id)
      digest = (digest ^ (request.draw &+ request.range.lowerBound)) &* 0x100_0000_01b3
      digest ^= UInt64(request.operation.rawValue)
      var outcome = carryOut(task, request)
      if _slowPath(task.isHalted) {
        outcome = machine.pointee.reports.violation?.task == id ? .failed : .stopped
      }
      OperationRunner.count(task, request.operation, outcome)
      done &+= 1
      task.publish(.operationsCompleted, task.published(.operationsCompleted) &+ 1)
    }
    task.publish(.operation, 0)
    task.rcuPoll(force: true)
    digests[id] = digest
  }

  /// One operation with its events, its promise to the checkers and its latency.
  @discardableResult
  @inline(__always) func carryOut(_ task: TaskPointer, _ request: Request) -> Outcome {
    let (effect, duration) = runner.carryOut(task, request, pollsAlways: false)
    latencies.add(task.pointee.id, request.operation, duration)
    return effect.outcome
  }

  /// All workers stand at the barrier: verifies the tables, takes the VM down, verifies that nothing is left.
  func endRound() {
    for id in 0..<configuration.threads {
      let other = machine.pointee.tasks[id]
      ThreadBackend.setPauses(other, mean: 0, draws: SplitMix64(state: 0))
      other.pointee.busyThreshold = 0
      other.pointee.mayResched = false
    }
    let fault = with(Errand(world: self)) { raw in vm.guarded(raw) { Errand.of($0).world.verify() } }
    report(fault, mainTask)
  }

  private func verify() {
    vm.settle(mainTask, suite, tasks: configuration.threads)
    vm.end(mainTask, suite, tasks: configuration.threads)
    guard !mainTask.isHalted else { return }
    for id in 0..<configuration.threads { machine.pointee.tasks[id].pointee.resetStatistics() }
  }
}
