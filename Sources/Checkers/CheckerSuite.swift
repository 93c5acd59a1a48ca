/// All checkers of one world: those that read each task's events as they come, and those that look at the tables at
/// rest.
///
/// The suite hangs off `Machine.context`; the machine calls it through two C function pointers, so that hot code in the
/// subject knows no checker.
import CAtomics
import Machine

public typealias CheckerSuitePointer = UnsafeMutablePointer<CheckerSuite>

public struct CheckerSuite {
  let machine: MachinePointer
  let tasks: UnsafeMutablePointer<TaskState>
  public let ledger: MappingLedger
  /// Roots of the mirror and of the S-EPT, set when a round begins; 0 while there is none.
  var mirrorRoot: UInt32 = 0
  var septRoot: UInt32 = 0
  /// Pages of the direct roots, valid and invalid, 0 where a slot is empty; the subject's own words.
  var directRoots: UnsafeBufferPointer<UInt64> = .init(start: nil, count: 0)
  let guestPages: UInt64

  /// Installs the checkers on a machine.
  /// - Parameter mergesPrivate: private memory is mapped by 2M pages too, so that a zap may take neighbours along.
  public static func install(
    on machine: MachinePointer, guestPages: UInt64, mergesPrivate: Bool
  ) -> CheckerSuitePointer {
    let suite = CheckerSuitePointer.allocate(capacity: 1)
    let tasks = UnsafeMutablePointer<TaskState>.allocate(capacity: machine.pointee.taskCount)
    for id in 0..<machine.pointee.taskCount { (tasks + id).initialize(to: TaskState()) }
    suite.initialize(
      to: CheckerSuite(
        machine: machine, tasks: tasks, ledger: MappingLedger(guestPages: guestPages, mergesPrivate: mergesPrivate),
        guestPages: guestPages))
    machine.pointee.context = UnsafeMutableRawPointer(suite)
    machine.pointee.drain = drainEvents
    machine.pointee.exclusiveSection = lookAtExclusiveSection
    return suite
  }

  public static func remove(_ suite: CheckerSuitePointer) {
    let machine = suite.pointee.machine
    machine.pointee.drain = { _ in }
    machine.pointee.exclusiveSection = { _ in }
    machine.pointee.context = nil
    suite.pointee.tasks.deinitialize(count: machine.pointee.taskCount)
    suite.pointee.tasks.deallocate()
    suite.pointee.ledger.deallocate()
    suite.deinitialize(count: 1)
    suite.deallocate()
  }

  /// How often each checker looked, over all tasks.
  public func checks(_ checker: CheckerID) -> UInt64 {
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
  while index != task.pointee.head {
    state.read(task.pointee.events + (index & (Task.eventCapacity - 1)), task)
    index &+= 1
  }
}

/// EQ-1 and MAP-1 over the range of the operation, at both ends of a write section: nobody else can change the tables.
private let lookAtExclusiveSection: Machine.Drain = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let suite = CheckerSuite.of(task), suite.pointee.mirrorRoot != 0, !task.isHalted else { return }
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
