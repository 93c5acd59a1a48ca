import Checkers
/// An episode carried out without a race: its operations one after another, each on the task of its thread.
import Episodes
import Machine
import MirrorMMU
import SecureEPT
import Testing

final class SerialWorld {
  let episode: Episode
  let machine: MachinePointer
  let subject: ModelMMU
  let suite: CheckerSuitePointer

  init(_ episode: Episode, mutant: Mutant? = nil) throws {
    self.episode = episode
    machine = try #require(Machine.create(tasks: max(episode.threads.count, 1), capacity: 8192))
    subject = ModelMMU.create(
      machine, protocolName: .mainline, mutant: mutant, policy: episode.policy, guestPages: episode.guestPages)
    suite = CheckerSuite.install(
      on: machine, guestPages: episode.guestPages, mergesPrivate: episode.policy.mapsHuge)
  }

  deinit {
    CheckerSuite.remove(suite)
    subject.destroy()
    Machine.destroy(machine)
  }

  var main: TaskPointer { machine.pointee.tasks[0] }
  var violation: Violation? { machine.pointee.reports.violation }

  func task(_ thread: Int) -> TaskPointer { machine.pointee.tasks[thread] }

  /// Builds the tables with which the episode begins, then lets SEAMCALLs be busy and walks yield where it says so.
  /// - Parameter seed: of those answers.
  func build(seed: UInt64) {
    subject.build(main)
    suite.beginRound(
      mirrorRoot: subject.kvm.pointee.mirrorRoot, septRoot: subject.td.pointee.rootPage,
      directRoots: subject.kvm.pointee.roots.words)
    subject.kvm.pointee.provesMmu = episode.provesMmu
    let regions = episode.regions
    subject.kvm.pointee.attributes.reset { (regions[$0].isPrivate, regions[$0].allowsHuge) }
    for request in episode.populated { perform(0, request) }
    subject.finalize()
    main.drain()
    for thread in episode.threads.indices {
      let task = task(thread)
      task.pointee.faultDraws = SplitMix64(seed: seed, .faults, index: UInt64(thread))
      task.pointee.reschedDraws = SplitMix64(seed: seed, .resched, index: UInt64(thread))
      task.pointee.busyThreshold = episode.injectsBusy ? 1 << 30 : 0
      task.pointee.mayResched = episode.mayYield
    }
  }

  @discardableResult
  func perform(_ thread: Int, _ request: Request) -> Effect {
    let task = task(thread)
    task.begin(request)
    let effect = subject.perform(task, request)
    task.emit(.operationEnd, gfn: request.range.lowerBound, old: UInt64(request.operation.rawValue))
    task.drain()
    suite.promised(task, effect)
    return effect
  }

  /// What the rules that are checked at rest, and at the VM's end, say.
  func finish() {
    for thread in episode.threads.indices {
      let task = task(thread)
      task.rcuPoll(force: true)
      task.pointee.busyThreshold = 0
      task.pointee.mayResched = false
    }
    guard violation == nil else { return }
    let roots = subject.kvm.pointee.roots
    let current = roots.currentSlot.map { roots.page($0) } ?? 0
    let invalid = (0..<Roots.slots).map { roots.page($0) }.filter { $0 != 0 && $0 != current }
    suite.verifyAtRest(main, directRoot: current, invalidRoots: invalid)
    guard violation == nil else { return }
    (main.pointee.rangeStart, main.pointee.rangeEnd) = (0, 0)
    subject.tearDown(main)
    main.drain()
    for thread in episode.threads.indices { task(thread).rcuPoll(force: true) }
    if violation == nil { suite.verifyTornDown(main) }
  }

  /// The whole episode: thread by thread, or an operation of each thread in turn.
  func run(seed: UInt64, inTurns: Bool) {
    build(seed: seed)
    let longest = episode.threads.map(\.count).max() ?? 0
    let order =
      inTurns
      ? (0..<longest).flatMap { index in episode.threads.indices.map { ($0, index) } }
      : episode.threads.indices.flatMap { thread in (0..<longest).map { (thread, $0) } }
    for (thread, index) in order where index < episode.threads[thread].count && violation == nil {
      perform(thread, episode.threads[thread][index])
    }
    finish()
  }
}
