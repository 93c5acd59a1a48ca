/// Which of the last execution's steps could have come in another order, and where the search has to go for that.
import Machine

extension ExhaustiveSearch {
  mutating func analyse() {
    while analysed < records.count {
      analyse(analysed)
      analysed += 1
    }
  }

  private mutating func analyse(_ step: Int) {
    let record = records[step]
    let task = Int(record.task)
    for id in 0..<tasks { clock[id] = 0 }
    if record.before >= 0 { join(Int(record.before)) }
    if record.enabledBy >= 0 { join(Int(record.enabledBy)) }
    if let first = twinStep(before: step) { join(first) }
    if record.afterAll > 0 { joinAll(before: Int(record.afterAll)) }
    findDependences(step)
    // The latest first: what it comes after is then no race of its own.
    for index in 0..<dependences.count {
      let earlier = Int(dependences[index])
      if records[earlier].ordinal <= clock[Int(records[earlier].task)] { continue }
      if reduces { race(earlier, step) }
      join(earlier)
    }
    clock[task] = record.ordinal
    var hash = HappensBefore.mix(
      UInt64(truncatingIfNeeded: task) << 32 | UInt64(truncatingIfNeeded: record.ordinal), record.answers)
    for id in 0..<tasks {
      clocks.append(clock[id])
      hash = HappensBefore.mix(hash, UInt64(truncatingIfNeeded: clock[id]))
    }
    hashes.append((step == 0 ? 0 : hashes[step - 1]) &+ hash)
  }

  @inline(__always) private func join(_ step: Int) {
    let other = clocks.base + step * tasks
    for id in 0..<tasks where other[id] > clock[id] { clock[id] = other[id] }
  }

  private func joinAll(before step: Int) {
    for earlier in 0..<min(step, analysed) { join(earlier) }
  }

  /// The steps of other tasks that `step` depends on, the latest first; of what comes before a write nothing that the
  /// write has seen too.
  private mutating func findDependences(_ step: Int) {
    let record = records[step]
    dependences.truncate(to: 0)
    for own in accessRange(of: step) {
      let access = accesses[own]
      var before = access.isWrite ? access.before : access.write
      while before >= 0 {
        let other = accesses[Int(before)]
        before = other.before
        if records[Int(other.step)].task != record.task { add(other.step) }
        if other.isWrite { break }
      }
    }
    guard waits.count > 0 else { return }
    var open: UInt64 = ~(~0 << UInt64(tasks)) & ~(1 << UInt64(record.task))
    if record.isChange {
      var place = waits.count - 1
      while place >= 0 && open != 0 {
        consider(Int(waits[place]), before: step, &open)
        place -= 1
      }
    }
    open = ~(~0 << UInt64(tasks)) & ~(1 << UInt64(record.task))
    if record.awaitsAny {
      var earlier = step - 1
      while earlier >= 0 && open != 0 {
        if records[earlier].isChange { consider(earlier, before: step, &open) }
        earlier -= 1
      }
    }
  }

  /// - Parameter open: tasks of whose steps not all are known to come before.
  @inline(__always) private mutating func consider(_ earlier: Int, before step: Int, _ open: inout UInt64) {
    let task = Int(records[earlier].task)
    guard earlier < step, open & (1 << UInt64(task)) != 0 else { return }
    if records[earlier].ordinal <= clock[task] { open &= ~(1 << UInt64(task)) } else { add(Int32(earlier)) }
  }

  private mutating func add(_ step: Int32) {
    var place = dependences.count
    while place > 0 && dependences[place - 1] < step { place -= 1 }
    if place > 0 && dependences[place - 1] == step { return }
    dependences.append(step)
    var index = dependences.count - 1
    while index > place {
      dependences[index] = dependences[index - 1]
      index -= 1
    }
    dependences[place] = step
  }

  /// `later` could have come before `earlier`: some task that begins what has to come first for that is wanted where
  /// `earlier` was chosen.
  private func race(_ earlier: Int, _ later: Int) {
    let place = node(of: earlier)
    let node = nodes.base + place
    let (first, last) = (records[earlier], records[later])
    var initials: UInt64 = 0
    var seen: UInt64 = 0
    // The ordinal of each task's first step among those that do not come after `earlier`.
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: tasks) { firsts in
      func isInitial(_ clock: UnsafeMutablePointer<Int32>) -> Bool {
        var rest = seen
        while rest != 0 {
          let id = rest.trailingZeroBitCount
          rest &= rest &- 1
          if clock[id] >= firsts[id] { return false }
        }
        return true
      }
      for between in earlier + 1..<later {
        let record = records[between]
        let bit: UInt64 = 1 << UInt64(record.task)
        let clock = clocks.base + between * tasks
        if seen & bit != 0 || clock[Int(first.task)] >= first.ordinal { continue }
        if isInitial(clock) { initials |= bit }
        seen |= bit
        firsts[Int(record.task)] = record.ordinal
      }
      let bit: UInt64 = 1 << UInt64(last.task)
      if seen & bit == 0 && isInitial(clock) { initials |= bit }
    }
    if initials & (node.pointee.wanted | node.pointee.asleep) != 0 { return }
    let own: UInt64 = 1 << UInt64(last.task)
    let choices = initials & node.pointee.enabled
    node.pointee.wanted |=
      choices & own != 0 ? own : choices != 0 ? 1 << UInt64(choices.trailingZeroBitCount) : node.pointee.enabled
  }

  /// Where a step was chosen: questions stand between such nodes.
  private func node(of step: Int) -> Int {
    var (low, high) = (0, nodes.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if Int(nodes[middle].step) < step { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
