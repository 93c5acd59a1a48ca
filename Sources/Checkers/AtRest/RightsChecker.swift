/// MAP-1, of rights: a fault that was answered as fixed or spurious has left the access it asked for allowed, until
/// somebody takes that right away. Where it has not, the guest's instruction faults again, for ever.
///
/// Looked at where the fault's operation ends; most have nothing left to be asked then. What the leaf does not allow at
/// that moment is looked at again at rest, over the direct root: it must have been written without that right since the
/// operation began, and not by the operation itself. Private memory has no rights that could be missing. Not verified:
/// what was taken away while the fault was under way and is missing for another reason; roots that are valid no more.
import CAtomics
import Machine

extension Spte {
  fileprivate static var rights: UInt64 { writable | executable }
}

extension UnsafeMutablePointer where Pointee == TaskState {
  /// A write of an entry of a direct root.
  @inline(__always) func noteWithdrawal(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    let (old, new, level) = (event.pointee.old, event.pointee.new, Int(event.pointee.level))
    guard Spte.isShadowPresent(new) else { return }
    // A split hands down that a huge page was not writable. What it may not execute is for huge pages alone.
    let bits =
      Spte.isLast(new, level)
      ? ~new & Spte.rights : Spte.isLeaf(old, level) ? ~old & Spte.writable : 0
    if _fastPath(bits == 0) { return }
    let withdrawal = BitsWritten(
      gfn: event.pointee.gfn, stamp: event.pointee.stamp, bits: bits, level: event.pointee.level)
    guard mayMatter(withdrawal, task) else { return }
    pointee.withdrawals.put(withdrawal, at: &pointee.withdrawalCount)
  }

  /// Whether a task has been answered, or another is about to be, in an operation that began before. What matters to
  /// nobody is not kept: its time would tell states apart that are alike. Real threads do not look at each other.
  private func mayMatter(_ withdrawal: BitsWritten, _ task: TaskPointer) -> Bool {
    guard task.pointee.fibers != nil else { return true }
    let states = self - task.pointee.id
    let machine = task.pointee.machine
    for id in 0..<machine.pointee.taskCount {
      if states[id].answerCount > 0 { return true }
      let other = machine.pointee.tasks[id]
      if id == task.pointee.id || other.published(.operationStart) > withdrawal.stamp { continue }
      if other.isToBeAnswered(withdrawal) { return true }
    }
    return false
  }

  /// What the operation that began at `begin` has written itself explains nothing.
  fileprivate func takeBack(_ gfn: Gfn, since begin: UInt64) {
    var index = pointee.withdrawalCount
    while index > 0 {
      index -= 1
      let withdrawal = pointee.withdrawals.at(index)
      if withdrawal.pointee.stamp < begin { return }
      if withdrawal.pointee.covers(gfn) { withdrawal.pointee.bits = 0 }
    }
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// Whether the task's operation is a fault, or has one in it, that may be about what was written.
  fileprivate func isToBeAnswered(_ withdrawal: BitsWritten) -> Bool {
    let word = published(.operation)
    guard word != 0, let operation = Operation(rawValue: UInt8(word >> 56) - 1) else { return false }
    switch operation {
    case .fault, .fault2M, .fastFault, .convert: return withdrawal.covers(word & ((1 << 56) - 1))
    case .guest: return true
    default: return false
    }
  }
}

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// - Parameter begin: when the operation began, in the events' time.
  @inline(__always) package func promised(_ task: TaskPointer, answered: Effect.Answered, begin: UInt64) {
    if _fastPath(isAllowed(answered)) { return }
    let state = pointee.tasks + task.pointee.id
    state.takeBack(answered.gfn, since: begin)
    state.pointee.answers.put(
      BitsPromised(range: answered.gfn..<answered.gfn + 1, bits: answered.bits, begin: begin),
      at: &state.pointee.answerCount)
  }

  /// Whether the gfn has all rights below one of the direct roots. Others may change the tables meanwhile, and reuse
  /// them: what is read may be anything.
  private func isAllowed(_ answered: Effect.Answered) -> Bool {
    for root in pointee.directRoots where root != 0 {
      let spte = leaf(UInt32(truncatingIfNeeded: root), answered.gfn | pointee.sharedBits)
      if spte & answered.bits == answered.bits { return true }
    }
    return false
  }

  /// The leaf of a gfn, 0 for none.
  private func leaf(_ root: UInt32, _ gfn: Gfn) -> UInt64 {
    let arena = pointee.machine.pointee.arenaView
    let pages = UInt32(pointee.machine.pointee.arena.capacity)
    var (page, level) = (root, Spte.maxLevel)
    while page < pages {
      let spte = raw_load64(arena.base + Int(page) * Spte.entriesPerTable + Spte.index(gfn, level))
      if !Spte.isNonLeaf(spte, level) { return Spte.isShadowPresent(spte) ? spte : 0 }
      page = PageArena.page(pfn: Spte.pfn(spte))
      level -= 1
    }
    return 0
  }

  func missingRight(directRoot: UInt32) -> Difference? {
    for id in 0..<pointee.machine.pointee.taskCount {
      let state = pointee.tasks + id
      for index in 0..<state.pointee.answerCount {
        if let difference = missing(directRoot, state.pointee.answers.at(index).pointee) { return difference }
      }
    }
    return nil
  }

  private func missing(_ root: UInt32, _ answer: BitsPromised) -> Difference? {
    let found = entry(root, answer.range.lowerBound | pointee.sharedBits, level: 1)
    let bits = answer.bits & ~found.spte
    guard bits != 0, Spte.isLeaf(found.spte, found.level), !isWithdrawn(answer, bits) else { return nil }
    return Difference(
      gfn: answer.range.lowerBound, level: found.level, entry: found.entry,
      expected: bits & Spte.writable != 0
        ? "writable: a write's fault was answered, and nobody has taken W away since"
        : "executable: a fetch's fault was answered, and nobody has taken X away since",
      seen: describeSpte(found.spte, UInt8(found.level)))
  }

  private func isWithdrawn(_ answer: BitsPromised, _ bits: UInt64) -> Bool {
    for id in 0..<pointee.machine.pointee.taskCount {
      let state = pointee.tasks + id
      for index in 0..<state.pointee.withdrawalCount {
        let withdrawal = state.pointee.withdrawals.at(index).pointee
        if withdrawal.stamp >= answer.begin && withdrawal.bits & bits != 0 && withdrawal.covers(answer.range.lowerBound)
        {
          return true
        }
      }
    }
    return false
  }
}
