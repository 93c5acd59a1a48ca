/// What is verified between rounds, in order: nothing frozen, trees equal, statistics right, no mapping lost, no table
/// leaked.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// A round begins: the tables are built, no task runs.
  /// - Parameter directRoots: the subject's words for its direct roots, valid while the round lasts.
  public func beginRound(mirrorRoot: UInt32, septRoot: UInt32, directRoots: UnsafeBufferPointer<UInt64>) {
    pointee.directRoots = directRoots
    pointee.mirrorRoot = mirrorRoot
    pointee.septRoot = septRoot
    pointee.ledger.begin(epoch: pointee.machine.pointee.mmuLock.pointee.epoch)
    for id in 0..<pointee.machine.pointee.taskCount {
      pointee.tasks[id].openCount = 0
      pointee.tasks[id].lockMode = .none
      pointee.tasks[id].unmapped.removeAll(keepingCapacity: true)
    }
  }

  /// All tasks stand at the barrier. `task` speaks for the harness.
  /// - Parameters:
  ///   - directRoot: the valid direct root, 0 for none.
  ///   - invalidRoots: direct roots that are still referenced.
  public func verifyAtRest(_ task: TaskPointer, directRoot: UInt32, invalidRoots: [UInt32]) {
    let roots = [pointee.mirrorRoot, directRoot].filter { $0 != 0 } + invalidRoots
    let census = census(of: roots)
    pointee.tasks[task.pointee.id].count(.frz1)
    if let frozen = census.frozen {
      return task.violation(
        .frz1, gfn: frozen.gfn, level: frozen.level, entry: frozen.entry, expected: "no SPTE is frozen at rest",
        seen: "FROZEN")
    }
    pointee.tasks[task.pointee.id].count(.eq1)
    if let difference = firstDifference(0..<pointee.guestPages) { return report(.eq1, difference, task) }
    pointee.tasks[task.pointee.id].count(.cnt1)
    if let (level, expected, seen) = statisticsDifference(census) {
      return task.violation(.cnt1, gfn: 0, level: level, expected: expected, seen: seen)
    }
    pointee.tasks[task.pointee.id].count(.map1)
    for (isPrivate, root) in [(true, pointee.mirrorRoot), (false, directRoot)] {
      if let difference = mappingDifference(isPrivate: isPrivate, root: root) {
        return report(.map1, difference, task)
      }
    }
  }

  private func report(_ checker: CheckerID, _ difference: Difference, _ task: TaskPointer) {
    task.violation(
      checker, gfn: difference.gfn, level: difference.level, entry: difference.entry, expected: difference.expected,
      seen: difference.seen)
  }

  /// The VM was torn down: every table is back.
  public func verifyTornDown(_ task: TaskPointer) {
    let machine = pointee.machine
    pointee.mirrorRoot = 0
    pointee.septRoot = 0
    pointee.tasks[task.pointee.id].count(.rcu1)
    let live = (0..<machine.pointee.taskCount).reduce(0) { $0 + machine.pointee.tasks[$1].pointee.liveTables }
    if live != 0 {
      task.violation(
        .rcu1, gfn: 0, level: 0, expected: "no table outlives the VM", seen: "\(live) tables leaked")
    }
  }

  /// What an operation promised, for MAP-1. Called on the task that carried it out, before the next.
  @inline(__always) public func promised(_ task: TaskPointer, mapped gfn: Gfn, isPrivate: Bool, huge: Bool) {
    pointee.ledger.mapped(gfn, isPrivate: isPrivate, huge: huge, epoch: task.pointee.lastReadEpoch)
  }

  public func promised(_ task: TaskPointer, unmapped range: Range<Gfn>, isPrivate: Bool) {
    pointee.tasks[task.pointee.id].unmapped.append(
      .init(
        range: range, isPrivate: isPrivate, first: task.pointee.firstWriteEpoch, last: task.pointee.lastWriteEpoch))
  }

  public func promised(_ task: TaskPointer, merged range: Range<Gfn>) {
    pointee.ledger.merged(range, epoch: task.pointee.lastReadEpoch)
  }
}
