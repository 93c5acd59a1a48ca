/// DUP-1 under the exclusive lock: a mirror change is written first, then propagated exactly once.
///
/// Verified when the next mirror change begins or the lock is dropped. Under the shared lock the thaw is the moment,
/// and a change of a present SPTE with no freeze is one that no external write can belong to: see `OrderChecker`.
import Machine

extension UnsafeMutablePointer where Pointee == TaskState {
  /// The changes under the exclusive lock that precede another one are complete.
  @inline(__always) func flushExclusive(_ task: TaskPointer) {
    var index = pointee.openCount - 1
    while index >= 0 {
      if pointee.open[index].isExclusive {
        checkPropagatedOnce(pointee.open[index], task)
        close(index)
      }
      index -= 1
    }
  }

  func checkPropagatedOnce(_ change: OpenChange, _ task: TaskPointer) {
    pointee.count(.dup1)
    guard _slowPath(change.successes != 1) else { return }
    task.violation(
      .dup1, gfn: change.gfn, level: Int(change.level), entry: change.entry, stamp: pointee.now,
      expected: "one external write for one change",
      seen: "\(change.successes) successful external writes of \(change.attempts) attempted")
  }
}
