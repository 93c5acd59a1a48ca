/// What a step touches, as it is taken.
import Machine

extension ExhaustiveSearch {
  /// The chosen task is about to take its step.
  mutating func beginStep(_ scheduler: FiberSchedulerPointer) {
    let task = scheduler.pointee.mover
    let step = Int32(truncatingIfNeeded: steps)
    ordinals[task] &+= 1
    steps &+= 1
    // What comes after the step limit is no decision of the search.
    isRecording = hasChosen && steps > valid && records.count == steps - 1
    hasChosen = false
    if isRecording {
      records.append(
        StepRecord(
          task: Int32(truncatingIfNeeded: task), ordinal: ordinals[task], before: lastOf[task],
          firstAccess: Int32(truncatingIfNeeded: accesses.count), enabledBy: enabledBy[task], afterAll: afterAll[task],
          // What it lets go on, it does so by its own access.
          letsGoOn: letGoNext != 0))
      lastOf[task] = step
    }
    enabledBy[task] = -1
    afterAll[task] = 0
    while letGoNext != 0 {
      enabledBy[letGoNext.trailingZeroBitCount] = step
      letGoNext &= letGoNext &- 1
    }
    if isRecording { noteAccess(scheduler.pointee.fibers[task]) }
  }

  private mutating func noteAccess(_ fiber: Fiber) {
    records.base[records.count - 1].isChange = FiberScheduler.isWrite(fiber.pendingKind)
    fiber.announce(arena) { touch($0, isWrite: $1) }
  }

  /// The step that is under way touches a word.
  private mutating func touch(_ address: UInt, isWrite: Bool) {
    for index in Int(records[records.count - 1].firstAccess)..<accesses.count
    where accesses[index].address == address {
      if isWrite { accesses.base[index].isWrite = true }
      return
    }
    let slot = words.slot(address)
    let before = words.lastAccess(slot)
    let write = before < 0 || accesses[Int(before)].isWrite ? before : accesses[Int(before)].write
    accesses.append(
      StepAccess(
        address: address, isWrite: isWrite, slot: slot, step: Int32(truncatingIfNeeded: records.count - 1),
        before: before, write: write))
    words.setLastAccess(slot, Int32(truncatingIfNeeded: accesses.count - 1))
  }

  mutating func note(_ note: UInt32, _ value: UInt) {
    switch StepNote(rawValue: note) {
    case .letsGoOnNext: letGoNext |= 1 << UInt64(value)
    case .letsGoOn:
      enabledBy[Int(value)] = Int32(truncatingIfNeeded: steps &- 1)
      if isRecording { records.base[records.count - 1].letsGoOn = true }
    case .allLookAgain: for id in 0..<tasks { afterAll[id] = Int32(truncatingIfNeeded: steps) }
    case .read: if isRecording { touch(value, isWrite: false) }
    case .write: if isRecording { touch(value, isWrite: true) }
    case .awaits:
      guard isRecording else { return }
      // An attempt to write it would have been enough to look again.
      guard value == 0 else { return touch(value, isWrite: true) }
      guard !records[records.count - 1].awaitsAny else { return }
      records.base[records.count - 1].awaitsAny = true
      waits.append(Int32(truncatingIfNeeded: records.count - 1))
    case .sharedModule:
      guard isRecording else { return }
      for index in Int(records[records.count - 1].firstAccess)..<accesses.count where accesses[index].address == 0 {
        accesses.base[index].isWrite = false
      }
    case .lost:
      // Who was let go on by it must know that it came.
      guard isRecording, !records[records.count - 1].letsGoOn else { return }
      records.base[records.count - 1].isLost = true
      accesses.base[Int(records[records.count - 1].firstAccess)].isWrite = false
    case nil: break
    }
  }

  /// Forgets the steps from `step` on.
  mutating func forget(from step: Int) {
    guard step < records.count else { return }
    let first = Int(records[step].firstAccess)
    var index = accesses.count - 1
    while index >= first {
      words.setLastAccess(accesses[index].slot, accesses[index].before)
      index -= 1
    }
    accesses.truncate(to: first)
    var last = records.count - 1
    while last >= step {
      lastOf[Int(records[last].task)] = records[last].before
      if records[last].awaitsAny { waits.truncate(to: waits.count - 1) }
      last -= 1
    }
    records.truncate(to: step)
    clocks.truncate(to: min(clocks.count, step * tasks))
    hashes.truncate(to: min(hashes.count, step))
    analysed = min(analysed, step)
  }
}
