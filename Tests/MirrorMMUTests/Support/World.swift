/// A VM for three tasks that take turns, with a snapshot: what an engine of executions makes of the parts.
import CAtomics
import Checkers
import Machine
import MirrorMMU
import SecureEPT
import Testing

final class World {
  let machine: MachinePointer
  let subject: ModelMMU
  let suite: CheckerSuitePointer
  let snapshot: Snapshot
  let regions: Int
  static let tasks = 3

  init(_ policy: Policy = .fourK, mutant: Mutant? = nil, regions: Int = 16) throws {
    self.regions = regions
    machine = try #require(Machine.create(tasks: Self.tasks, capacity: 4096))
    subject = ModelMMU.create(
      machine, protocolName: .mainline, mutant: mutant, policy: policy, guestPages: UInt64(regions) * 512)
    suite = CheckerSuite.install(on: machine, guestPages: UInt64(regions) * 512, mergesPrivate: policy.mapsHuge)
    snapshot = Snapshot(of: machine)
    subject.register(in: snapshot)
    CheckerSuite.register(suite, in: snapshot)
  }

  deinit {
    CheckerSuite.remove(suite)
    subject.destroy()
    Machine.destroy(machine)
  }

  func task(_ id: Int) -> TaskPointer { machine.pointee.tasks[id] }
  var violation: Violation? { machine.pointee.reports.violation }

  /// A VM of as many regions, or of fewer than there is room for: the even ones private, those not divisible by 3 may
  /// be huge. Populated, with draws for its tasks, and taken.
  func build(regions: Int? = nil, populated: [Request] = [], seed: UInt64 = 1) {
    let count = regions ?? self.regions
    subject.resize(guestPages: UInt64(count) * 512)
    subject.build(task(0))
    subject.kvm.pointee.attributes.reset(regions: count) { ($0 & 1 == 0, $0 % 3 != 0) }
    suite.beginRound(
      mirrorRoot: subject.kvm.pointee.mirrorRoot, septRoot: subject.td.pointee.rootPage,
      directRoots: subject.kvm.pointee.roots.words, guestPages: UInt64(count) * 512)
    for request in populated { perform(0, request) }
    subject.finalize()
    for id in 0..<Self.tasks {
      task(id).pointee.faultDraws = SplitMix64(seed: seed, .faults, index: UInt64(id))
      task(id).pointee.reschedDraws = SplitMix64(seed: seed, .resched, index: UInt64(id))
      task(id).pointee.busyThreshold = 1 << 30
      task(id).pointee.mayResched = true
    }
    snapshot.take()
  }

  @discardableResult func perform(_ id: Int, _ request: Request) -> Outcome {
    let task = task(id)
    task.begin(request)
    task.emit(.operationBegin, gfn: request.range.lowerBound)
    let effect = subject.perform(task, request)
    task.emit(.operationEnd, gfn: request.range.lowerBound)
    task.drain()
    suite.promised(task, effect)
    task.rcuPoll(force: true)
    task.drain()
    return effect.outcome
  }

  func perform(_ requests: [Request]) {
    for (number, request) in requests.enumerated() { perform(number % Self.tasks, request) }
  }

  func header(_ page: Int) -> PageHeader { machine.pointee.arena.headers[page] }

  var directRoot: UInt32 {
    let roots = subject.kvm.pointee.roots
    return roots.currentSlot.map { roots.page($0) } ?? 0
  }

  var foundAtRest: CheckerID? {
    suite.verifyAtRest(task(0), directRoot: directRoot)
    return violation?.checker
  }

  func tearDown() -> CheckerID? {
    (task(0).pointee.rangeStart, task(0).pointee.rangeEnd) = (0, 0)
    subject.tearDown(task(0))
    task(0).drain()
    for id in 0..<Self.tasks { task(id).rcuPoll(force: true) }
    suite.verifyTornDown(task(0))
    return violation?.checker
  }

  // MARK: Everything there is to see

  /// Tables, headers, locks' epochs, statistics, attributes and events as numbers; no address, no stamp.
  var observation: [UInt64] {
    var seen: [UInt64] = []
    let arena = machine.pointee.arena
    seen.append(UInt64(arena.highWater))
    for page in 1..<UInt32(arena.highWater) {
      let header = arena.headers[Int(page)]
      seen += [UInt64(header.state.rawValue)]
      guard header.state != .free else { continue }
      seen += [
        UInt64(header.kind.rawValue), UInt64(header.level), header.gfn, UInt64(header.externalPage),
        UInt64(header.next), UInt64(header.previous), header.rcuStamp, header.isInvalid ? 1 : 0,
        header.isTracked ? 1 : 0, header.parent.map { UInt64($0 - arena.base) } ?? 0,
        (arena.headers + Int(page)).nxHugePageDisallowed ? 1 : 0,
      ]
      seen += UnsafeBufferPointer(start: arena.table(page), count: Spte.entriesPerTable)
    }
    let kvm = subject.kvm.pointee
    seen += [
      UInt64(kvm.mirrorRoot), kvm.guestPages, kvm.invalidation.sequenceWord.pointee,
      UInt64(subject.td.pointee.rootPage),
      machine.pointee.mmuLock.pointee.epoch, raw_load64(machine.pointee.rcuEpoch),
    ]
    seen += kvm.roots.words
    seen += (0..<kvm.guestPages).map { kvm.attributes.isPrivate($0) ? 1 : 0 }
    for id in 0..<Self.tasks { seen += observation(of: task(id)) }
    return seen
  }

  private func observation(of task: TaskPointer) -> [UInt64] {
    var (faults, rescheds) = (task.pointee.faultDraws, task.pointee.reschedDraws)
    var seen = (0...4).map { UInt64(bitPattern: task.pointee.pageStatistics[$0]) }
    seen += [
      UInt64(bitPattern: task.pointee.tableStatistics), UInt64(bitPattern: Int64(task.pointee.liveTables)),
      faults.next(), rescheds.next(), UInt64(task.pointee.rcuDepth), UInt64(task.pointee.lockMode.rawValue),
      task.published(.guestEpoch), task.published(.rcuEpoch), UInt64(task.pointee.head),
    ]
    for number in max(0, task.pointee.head - Task.eventCapacity)..<task.pointee.head {
      let event = task.pointee.events[number & (Task.eventCapacity - 1)]
      seen += [
        UInt64(event.kind.rawValue), event.gfn, event.old, event.new, UInt64(event.entry), UInt64(event.level),
        UInt64(event.root.rawValue), UInt64(event.flags),
      ]
    }
    return seen
  }

  // MARK: Requests

  /// Requests of all kinds that meet in a few places.
  static func requests(_ count: Int, regions: Int = 16, seed: UInt64) -> [Request] {
    var draws = SplitMix64(seed: seed, .workload)
    return (0..<count).map { _ in
      let operations = Operation.allCases.filter { $0.defaultWeight > 0 }
      let operation = operations[Int(draws.below(UInt64(operations.count)))]
      var gfn = draws.below(UInt64(regions)) << 9
      if draws.next() & 1 == 0 { gfn += draws.below(draws.next() & 1 == 0 ? 4 : 512) }
      let lengths: [UInt64] = [1, 1, 3, 512, 700]
      let length = operation == .guest ? 8 : lengths[Int(draws.below(UInt64(lengths.count)))]
      return Request(operation: operation, range: gfn..<min(gfn + length, UInt64(regions) << 9), draw: draws.next())
    }
  }

  static func faults(_ count: Int, regions: Int = 16, seed: UInt64) -> [Request] {
    var draws = SplitMix64(seed: seed, .layout)
    return (0..<count).map { _ in
      let gfn = draws.below(UInt64(min(regions, 6))) << 9 + draws.below(32)
      return Request(
        operation: draws.next() & 3 == 0 ? .fault2M : .fault, range: gfn..<(gfn + 1), draw: draws.next())
    }
  }
}
