/// All checkers of one world: those that read each task's events as they come, and those that look at the tables at
/// rest.
///
/// The suite hangs off `Machine.context`; the machine calls it through two C function pointers, so that hot code in the
/// subject knows no checker.
import CAtomics
import Machine

package typealias CheckerSuitePointer = UnsafeMutablePointer<CheckerSuite>

package struct CheckerSuite: BitwiseCopyable {
  let machine: MachinePointer
  let tasks: UnsafeMutablePointer<TaskState>
  package let ledger: MappingLedger
  /// A round has begun, and its VM is not torn down.
  var isInRound = false
  /// Roots of the mirror and of the S-EPT, set when a round begins; the mirror's is 0 where the subject has none.
  var mirrorRoot: UInt32 = 0
  var septRoot: UInt32 = 0
  /// Pages of the direct roots, valid and invalid, 0 where a slot is empty; the subject's own words.
  var directRoots: UnsafeBufferPointer<UInt64> = .init(start: nil, count: 0)
  /// Added to a gfn where a direct root maps it: GPA.SHARED, if the subject's tables have it.
  var sharedBits: Gfn = 0
  /// The subject counts its page tables.
  var countsTables = true
  /// The TD is not finalized, and the subject's initial pages become present in the mirror before their PAGE.ADD, which
  /// comes in the same operation: ORD-2 waits for it until then (Linux 6.16 to 6.18, `nr_premapped`).
  package var premapsPages = false
  /// The recovery of huge pages takes tables out of the direct root and maps nothing in their place (Linux 6.12).
  package var recoversByZap = false
  /// 4K pages of the guest, at most what the suite was installed for.
  var guestPages: UInt64
  let scratch: UnsafeMutablePointer<MappingScratch>
  let protectionScratch: ProtectionScratch

  /// Whether events are hashed as they are read. A snapshot puts back the fields before this one only.
  package var digests = false
  /// Gets each event as it is read, when set: for traces.
  package var observer: (@convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void)?

  /// Installs the checkers on a machine.
  /// - Parameter mergesPrivate: private memory is mapped by 2M pages too, so that a zap may take neighbours along.
  package static func install(
    on machine: MachinePointer, guestPages: UInt64, mergesPrivate: Bool
  ) -> CheckerSuitePointer {
    let suite = CheckerSuitePointer.allocate(capacity: 1)
    let tasks = UnsafeMutablePointer<TaskState>.allocate(capacity: machine.pointee.taskCount)
    for id in 0..<machine.pointee.taskCount { (tasks + id).initialize(to: TaskState()) }
    suite.initialize(
      to: CheckerSuite(
        machine: machine, tasks: tasks, ledger: MappingLedger(guestPages: guestPages, mergesPrivate: mergesPrivate),
        guestPages: guestPages, scratch: MappingScratch.create(regions: Int(guestPages / 512)),
        protectionScratch: ProtectionScratch(guestPages: guestPages)))
    machine.pointee.context = UnsafeMutableRawPointer(suite)
    machine.pointee.drain = drainEvents
    machine.pointee.exclusiveSection = lookAtExclusiveSection
    return suite
  }

  package static func remove(_ suite: CheckerSuitePointer) {
    let machine = suite.pointee.machine
    machine.pointee.drain = { _ in }
    machine.pointee.exclusiveSection = { _ in }
    machine.pointee.context = nil
    for id in 0..<machine.pointee.taskCount { suite.pointee.tasks[id].deallocate() }
    suite.pointee.tasks.deallocate()
    suite.pointee.ledger.deallocate()
    MappingScratch.destroy(suite.pointee.scratch)
    suite.pointee.protectionScratch.deallocate()
    suite.deallocate()
  }

  /// What checkers remember from one operation to the next. How often they looked is not part of it.
  package static func register(_ suite: CheckerSuitePointer, in snapshot: Snapshot) {
    guard let bytes = MemoryLayout<CheckerSuite>.offset(of: \.digests) else { preconditionFailure("a stored field") }
    snapshot.add(suite, byteCount: bytes)
    suite.pointee.ledger.register(in: snapshot)
    for id in 0..<suite.pointee.machine.pointee.taskCount {
      snapshot.add(
        suite.pointee.tasks + id, byteCount: TaskState.restoredBytes, beside: [0..<TaskState.restoredBytes])
    }
    snapshot.add(telling: { hash in
      for id in 0..<suite.pointee.machine.pointee.taskCount { suite.pointee.tasks[id].tell(&hash, UInt(id) + 1) }
    })
  }

  /// Hash of all events that were read of tasks 0 to `count` - 1; only with `digests`.
  package func digest(_ count: Int) -> UInt64 {
    var hash: UInt64 = 0
    for id in 0..<count { hash = (hash &* 0x9e37_79b9_7f4a_7c15) ^ tasks[id].digest }
    return hash ^ (hash >> 29)
  }

  /// SPTEs that tasks hold frozen, as far as their events were read: task, gfn, level.
  package var frozen: [(task: Int, gfn: Gfn, level: Int)] {
    (0..<machine.pointee.taskCount).flatMap { id in
      (0..<tasks[id].openCount).map { tasks[id].open[$0] }.filter { !$0.isExclusive }
        .map { (id, $0.gfn, Int($0.level)) }
    }
  }

  /// Zeroes how often each checker looked.
  package func resetChecks() {
    for id in 0..<machine.pointee.taskCount { tasks[id].checks = .init(repeating: 0) }
  }

  /// How often each checker looked, over all tasks.
  package func checks(_ checker: CheckerID) -> UInt64 {
    (0..<machine.pointee.taskCount).reduce(0) { $0 + tasks[$1].checks[Int(checker.rawValue)] }
  }

  @inline(__always) static func of(_ task: TaskPointer) -> CheckerSuitePointer? {
    task.pointee.machine.pointee.context?.assumingMemoryBound(to: CheckerSuite.self)
  }
}

/// `Machine.Drain`: the task's unread events, in order.
private let drainEvents: Machine.Drain = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let suite = CheckerSuite.of(task) else { return }
  let state = suite.pointee.tasks + task.pointee.id
  var index = task.pointee.drained
  let digests = suite.pointee.digests
  while index != task.pointee.head {
    let event = UnsafePointer(task.pointee.events + (index & (Task.eventCapacity - 1)))
    if digests { state.digest(event) }
    suite.pointee.observer?(raw, UnsafeRawPointer(event))
    state.read(event, task)
    index &+= 1
  }
}

/// EQ-1 and MAP-1 over the range of the operation, at both ends of a write section: nobody else can change the tables.
private let lookAtExclusiveSection: Machine.Drain = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let suite = CheckerSuite.of(task), suite.pointee.isInRound, !task.isHalted else { return }
  let end = max(min(task.pointee.rangeEnd, suite.pointee.guestPages), task.pointee.rangeStart)
  let range = task.pointee.rangeStart..<end
  if task.pointee.isYielding {
    suite.checkTreesAlike(task, window(of: range, task.pointee.lastWriteEpoch))
    return
  }
  suite.checkTreesAlike(task, range)
  if task.pointee.isLeaving { suite.checkZapped(task, range) }
}

/// Where a walk over a wide range yields often, each yield looks at a part of it: at all of it would be quadratic.
private func window(of range: Range<Gfn>, _ turn: UInt64) -> Range<Gfn> {
  let width: UInt64 = 16
  guard UInt64(range.count) > width else { return range }
  let start = range.lowerBound + (turn &* width) % (UInt64(range.count) - width)
  return start..<(start + width)
}
