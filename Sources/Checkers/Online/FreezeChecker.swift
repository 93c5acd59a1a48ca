/// FRZ-2 and FRZ-3: who may change a frozen SPTE, and that nobody leaves one behind.
///
/// Verified: every write of an SPTE by what it overwrote, against the entries that this task has frozen itself. A plain
/// store under the shared lock to an entry that the task has not frozen breaks FRZ-2 at once: whatever it overwrites,
/// the store could not know. Not verified here: an entry frozen by a thread that never runs again, which FRZ-1 sees at
/// rest and LIV-1 while others wait for it.
import Machine

extension UnsafeMutablePointer where Pointee == TaskState {
  /// A write of an entry that this task holds frozen: it must still be.
  @inline(__always) func checkOwner(_ event: UnsafePointer<Event>, _ change: OpenChange, _ task: TaskPointer) {
    if _slowPath(event.pointee.old != Spte.frozen) {
      report(
        .frz2, event, task, expected: "the SPTE that this thread froze still reads FROZEN",
        seen: "\(event.pointee.kind) overwrote \(describeSpte(event.pointee.old, change.level))")
    }
  }

  /// A write of an entry that this task does not hold frozen.
  @inline(__always) func checkForeignWrite(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    // Taking a removed table down sets FROZEN by xchg until it reads something else: FROZEN over FROZEN changes
    // nothing.
    let repeats = event.pointee.kind == .xchg && event.pointee.new == Spte.frozen
    if _slowPath(event.pointee.old == Spte.frozen && !repeats) {
      report(
        .frz2, event, task, expected: "an SPTE frozen by another thread is left alone",
        seen: "\(event.pointee.kind) to \(describeSpte(event.pointee.new, event.pointee.level)) over FROZEN")
    } else if _slowPath(event.pointee.kind == .store && pointee.lockMode != .write) {
      report(
        .frz2, event, task, expected: "a plain store under the shared lock only to an SPTE that the thread has frozen",
        seen: "store of \(describeSpte(event.pointee.new, event.pointee.level)) to an SPTE it does not own")
    }
  }

  /// The end of an mmu_lock section or of an operation.
  @inline(__always) func leaveSection(_ task: TaskPointer, _ what: StaticString) {
    pointee.count(.frz3)
    pointee.thawedSuccesses = 0
    if _slowPath(pointee.openCount > 0) { leaveSectionOpen(task, what) }
  }

  @inline(never) private func leaveSectionOpen(_ task: TaskPointer, _ what: StaticString) {
    for index in 0..<pointee.openCount {
      let change = pointee.open[index]
      if change.isExclusive {
        checkPropagatedOnce(change, task)
      } else {
        task.violation(
          .frz3, gfn: change.gfn, level: Int(change.level), entry: change.entry, stamp: pointee.now,
          expected: "none of the thread's SPTEs is frozen", seen: "\(what) with this SPTE frozen")
      }
    }
    pointee.openCount = 0
  }

  func report(
    _ checker: CheckerID, _ event: UnsafePointer<Event>, _ task: TaskPointer, expected: String, seen: String
  ) {
    task.violation(
      checker, gfn: event.pointee.gfn, level: Int(event.pointee.level), entry: event.pointee.entry,
      stamp: pointee.now, expected: expected, seen: seen)
  }
}
