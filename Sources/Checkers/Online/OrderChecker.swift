/// ORD-1, ORD-2, ORD-3: the order of freeze, external write and final store under the shared lock.
///
/// Not verified here: that the external entry is unchanged after a failed write, which EQ-1 sees.
/// Verified on every external write and every thaw of a mirror SPTE. Under the exclusive lock the new value is written
/// first by design; there DUP-1 alone applies. Where initial pages are premapped, ORD-2 waits for their PAGE.ADD until
/// the operation ends.
import Machine

/// A mirror SPTE whose page is still to be added to the TD.
struct Premapped {
  var entry: UInt32 = 0
  var gfn: Gfn = 0
}

extension UnsafeMutablePointer where Pointee == TaskState {
  /// The final store: what it may write follows from what the external table answered.
  @inline(__always) func checkThaw(_ event: UnsafePointer<Event>, _ change: OpenChange, _ task: TaskPointer) {
    pointee.count(.ord2)
    pointee.count(.ord3)
    pointee.count(.dup1)
    let level = Int(change.level)
    let new = event.pointee.new
    if new == change.old {
      if _slowPath(change.successes > 0) {
        report(
          .ord3, event, task, expected: "the old value is restored only if the external write failed",
          seen: "restored after \(change.successes) successful external write(s)")
      }
      return
    }
    // Pruning a table is no external write of its own: its children have theirs.
    guard !Spte.isNonLeaf(change.old, level) else { return }
    if _fastPath(change.successes == 1) { return }
    if change.successes > 1 {
      report(
        .dup1, event, task, expected: "one external write for one change",
        seen: "\(change.successes) successful external writes")
    } else if change.attempts > 0 {
      report(
        .ord3, event, task, expected: "after a failed external write the old value is restored",
        seen: "\(describeSpte(new, change.level)) stored")
    } else if Spte.isShadowPresent(new) {
      if level == 1 && CheckerSuite.of(task)?.pointee.premapsPages == true {
        pointee.premapped = Premapped(entry: event.pointee.entry, gfn: event.pointee.gfn)
        return
      }
      report(
        .ord2, event, task, expected: "a successful external write before the mirror SPTE becomes present",
        seen: "\(describeSpte(new, change.level)) stored with no external write since the freeze")
    } else {
      report(
        .dup1, event, task, expected: "one external write for one change", seen: "no external write since the freeze")
    }
  }

  /// A write of a mirror SPTE that is neither frozen by this task nor a freeze.
  @inline(__always) func checkUnfrozenWrite(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    let level = Int(event.pointee.level)
    if pointee.lockMode == .write {
      flushExclusive(task)
      if Spte.isLeaf(event.pointee.old, level) || Spte.isShadowPresent(event.pointee.new) {
        add(event, task, exclusive: true)
      }
    } else if Spte.isShadowPresent(event.pointee.new) && !Spte.isShadowPresent(event.pointee.old) {
      report(
        .ord2, event, task, expected: "a mirror SPTE becomes present by thawing it",
        seen: "\(event.pointee.kind) to \(describeSpte(event.pointee.new, event.pointee.level)) without a freeze")
    } else if Spte.isShadowPresent(event.pointee.old) && event.pointee.new != event.pointee.old {
      report(
        .dup1, event, task, expected: "a present mirror SPTE changes together with the external table",
        seen: "\(event.pointee.kind) from \(describeSpte(event.pointee.old, event.pointee.level)) to "
          + "\(describeSpte(event.pointee.new, event.pointee.level)), neither frozen nor under the exclusive lock")
    }
  }

  /// A child of a table that is being taken down was set to FROZEN; a leaf of the mirror must then leave the S-EPT.
  @inline(__always) func checkRemovedChild(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    guard event.pointee.root == .mirror else { return }
    flushExclusive(task)
    if Spte.isLeaf(event.pointee.old, Int(event.pointee.level)) { add(event, task, exclusive: true) }
  }

  /// The end of an operation: a page that was premapped in it has been added.
  @inline(__always) func checkPremapped(_ task: TaskPointer) {
    guard _slowPath(pointee.premapped.entry != 0) else { return }
    let owed = pointee.premapped
    pointee.premapped = Premapped()
    task.violation(
      .ord2, gfn: owed.gfn, level: 1, entry: owed.entry, stamp: pointee.now,
      expected: "PAGE.ADD of an initial page in the operation that made its mirror SPTE present",
      seen: "the operation ended without one that succeeded")
  }

  /// The SPTE of an external write is the one that this section thawed last, and its external write had succeeded.
  private func wasThawed(_ event: UnsafePointer<Event>) -> Bool {
    pointee.thawedSuccesses > 0 && pointee.thawedGfn == event.pointee.gfn
      && pointee.thawedLevel == event.pointee.level
  }

  /// An external write, seen at the SEAMCALL.
  @inline(__always) func externalWrite(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    let exclusive = pointee.lockMode == .write
    pointee.count(exclusive ? .dup1 : .ord1)
    var index = openIndex(gfn: event.pointee.gfn, level: event.pointee.level, exclusive: exclusive)
    // A child of a table that is being taken down is frozen for good: written first and propagated afterwards,
    // whichever way mmu_lock is held.
    if _slowPath(index < 0 && !exclusive) {
      index = openIndex(gfn: event.pointee.gfn, level: event.pointee.level, exclusive: true)
    }
    guard index >= 0 else {
      if pointee.premapped.entry != 0 && event.pointee.seamcall == .pageAdd
        && event.pointee.gfn == pointee.premapped.gfn
      {
        if event.pointee.status == .success { pointee.premapped = Premapped() }
        return
      }
      if !exclusive && wasThawed(event) {
        return report(
          .dup1, event, task, expected: "one external write for one change",
          seen: "\(event.pointee.seamcall.name) again after one succeeded and the SPTE was thawed")
      }
      report(
        exclusive ? .dup1 : .ord1, event, task,
        expected: exclusive
          ? "an external write follows a change of its mirror SPTE" : "the caller holds the mirror SPTE frozen",
        seen: "\(event.pointee.seamcall.name) with no such SPTE")
      return
    }
    if _slowPath(pointee.open[index].successes > 0) {
      report(
        .dup1, event, task, expected: "one external write for one change",
        seen: "\(event.pointee.seamcall.name) again after one succeeded")
    }
    pointee.open[index].attempts &+= 1
    if event.pointee.status == .success { pointee.open[index].successes &+= 1 }
  }
}
