/// What is verified between rounds, in order: nothing frozen, trees equal, statistics right, no mapping lost, no table
/// leaked.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// A round begins: the tables are built, no task runs.
  /// - Parameters:
  ///   - mirrorRoot: 0 for a subject without one; then there is nothing to hold the S-EPT against.
  ///   - directRoots: the subject's words for its direct roots, valid while the round lasts.
  ///   - sharedBits: added to a gfn where a direct root maps it.
  ///   - guestPages: the guest's 4K pages, at most what the suite was installed for; as before if nil.
  package func beginRound(
    mirrorRoot: UInt32, septRoot: UInt32, directRoots: UnsafeBufferPointer<UInt64>, sharedBits: Gfn = 0,
    guestPages: UInt64? = nil
  ) {
    pointee.directRoots = directRoots
    pointee.sharedBits = sharedBits
    pointee.isInRound = true
    pointee.mirrorRoot = mirrorRoot
    pointee.septRoot = septRoot
    if let guestPages { pointee.guestPages = min(guestPages, pointee.ledger.guestPages) }
    pointee.ledger.begin(epoch: pointee.machine.pointee.mmuLock.pointee.epoch)
    for id in 0..<pointee.machine.pointee.taskCount {
      pointee.tasks[id].openCount = 0
      pointee.tasks[id].premapped = Premapped()
      pointee.tasks[id].lockMode = .none
      pointee.tasks[id].unmappedCount = 0
      pointee.tasks[id].lookupCount = 0
      pointee.tasks[id].forgetBits()
    }
  }

  /// All tasks stand at the barrier. `task` speaks for the harness. Roots that are still referenced though invalid are
  /// found in the subject's words.
  /// - Parameters:
  ///   - directRoot: the valid direct root, 0 for none.
  ///   - countsTables: the subject has statistics of its page tables.
  package func verifyAtRest(_ task: TaskPointer, directRoot: UInt32, countsTables: Bool = true) {
    pointee.countsTables = countsTables
    verify(task, directRoot, census(directRoot: directRoot))
  }

  /// - Parameter invalidRoots: direct roots that are still referenced.
  package func verifyAtRest(_ task: TaskPointer, directRoot: UInt32, invalidRoots: [UInt32]) {
    var census = Census()
    count(pointee.mirrorRoot, &census)
    count(directRoot, &census)
    for root in invalidRoots { countInvalid(root, &census) }
    verify(task, directRoot, census)
  }

  private func verify(_ task: TaskPointer, _ directRoot: UInt32, _ census: Census) {
    pointee.tasks[task.pointee.id].count(.frz1)
    if let frozen = census.frozen {
      return task.violation(
        .frz1, gfn: frozen.gfn, level: frozen.level, entry: frozen.entry, expected: "no SPTE is frozen at rest",
        seen: "FROZEN")
    }
    let hasMirror = pointee.mirrorRoot != 0
    if hasMirror { pointee.tasks[task.pointee.id].count(.eq1) }
    if let difference = firstDifference(0..<pointee.guestPages) { return report(.eq1, difference, task) }
    pointee.tasks[task.pointee.id].count(.cnt1)
    if let (level, expected, seen) = statisticsDifference(census) {
      return task.violation(.cnt1, gfn: 0, level: level, expected: expected, seen: seen)
    }
    pointee.tasks[task.pointee.id].count(.map1)
    if let difference = staleLookup(directRoot: directRoot) { return report(.map1, difference, task) }
    if hasMirror { pointee.tasks[task.pointee.id].count(.acc1) }
    if let (checker, difference) = mappingDifference(isPrivate: true, root: pointee.mirrorRoot) {
      return report(checker, difference, task)
    }
    if let (checker, difference) = mappingDifference(isPrivate: false, root: directRoot) {
      return report(checker, difference, task)
    }
    if let difference = missingRight(directRoot: directRoot) { return report(.map1, difference, task) }
    if let left = census.left {
      return task.violation(
        .map1, gfn: left.gfn, level: Spte.maxLevel, entry: left.entry,
        expected: "nothing below a root whose zap has returned", seen: "an invalid root still maps memory")
    }
    pointee.tasks[task.pointee.id].count(.wp1)
    if let difference = lostProtection(directRoot: directRoot) { report(.wp1, difference, task) }
  }

  func report(_ checker: CheckerID, _ difference: Difference, _ task: TaskPointer) {
    task.violation(
      checker, gfn: difference.gfn, level: difference.level, entry: difference.entry, expected: difference.expected,
      seen: difference.seen)
  }

  /// The VM was torn down: every table is back.
  package func verifyTornDown(_ task: TaskPointer) {
    let machine = pointee.machine
    pointee.isInRound = false
    pointee.mirrorRoot = 0
    pointee.septRoot = 0
    pointee.tasks[task.pointee.id].count(.rcu1)
    var live = 0
    for id in 0..<machine.pointee.taskCount { live += machine.pointee.tasks[id].pointee.liveTables }
    if live != 0 {
      task.violation(
        .rcu1, gfn: 0, level: 0, expected: "no table outlives the VM", seen: "\(live) tables leaked")
    }
  }

  /// What an operation promised, for MAP-1. Called on the task that carried it out, before the next.
  /// - Parameter isNew: the task's last fault made the mapping, it did not find it there.
  @inline(__always) package func promised(
    _ task: TaskPointer, mapped gfn: Gfn, isPrivate: Bool, huge: Bool, isNew: Bool
  ) {
    pointee.ledger.mapped(gfn, isPrivate: isPrivate, huge: huge, epoch: task.pointee.lastReadEpoch)
    // Most faults have nobody between: they are done with here.
    if isNew && _slowPath(task.pointee.lookupEpoch != task.pointee.lastReadEpoch) {
      pointee.tasks[task.pointee.id].append(
        MappingLedger.Lookup(
          gfn: gfn, isPrivate: isPrivate, isHuge: huge, lookedUpAt: task.pointee.lookupEpoch,
          mappedAt: task.pointee.lastReadEpoch))
    }
  }

  package func promised(_ task: TaskPointer, unmapped range: Range<Gfn>, isPrivate: Bool) {
    // The zap of an invalidated root takes tables down and leaves the pages where they are.
    pointee.tasks[task.pointee.id].append(
      MappingLedger.Unmapped(
        range: range, isPrivate: isPrivate, first: task.pointee.firstWriteEpoch, last: task.pointee.lastWriteEpoch,
        givesBack: task.pointee.currentOperation != .invalidate))
  }

  /// - Parameter begin: when the operation began, in the events' time.
  package func promised(_ task: TaskPointer, protected: Effect.Protected, begin: UInt64) {
    pointee.tasks[task.pointee.id].append(
      BitsPromised(range: protected.range, bits: protected.bits, begin: begin))
  }

  package func promised(_ task: TaskPointer, merged range: Range<Gfn>) {
    pointee.ledger.merged(range, epoch: task.pointee.lastReadEpoch)
  }

  /// All that an operation has promised.
  /// - Parameter begin: when it began, in the events' time.
  @inline(__always) package func promised(_ task: TaskPointer, _ effect: Effect, begin: UInt64 = 0) {
    if let mapped = effect.mapped {
      promised(task, mapped: mapped.gfn, isPrivate: mapped.isPrivate, huge: mapped.huge, isNew: mapped.isNew)
    }
    if let unmapped = effect.unmapped {
      promised(task, unmapped: unmapped.range, isPrivate: unmapped.isPrivate)
    }
    if let answered = effect.answered { promised(task, answered: answered, begin: begin) }
    if let protected = effect.protected { promised(task, protected: protected, begin: begin) }
    if let merged = effect.merged { promised(task, merged: merged) }
  }
}
