/// Tasks that do the same: of executions that differ only in which of them is which, one is enough.
///
/// As long as two of them have only read, and the same writes, nothing tells one from the other: whichever goes on
/// first, it is the first of the two. An execution in which the other does is this one with the names exchanged.
import Machine

extension ExhaustiveSearch {
  /// Whether a task has to let the one before it go first.
  func waitsForTwin(_ task: Int) -> Bool {
    let twin = Int(twinBefore[task])
    guard twin >= 0, ordinals[twin] == ordinals[task] else { return false }
    return ordinals[task] == 0 || isAlike(Int(lastOf[task]), Int(lastOf[twin]))
  }

  /// The twin's step that comes before `step` for no other reason than that the two could not be told apart.
  func twinStep(before step: Int) -> Int? {
    let record = records[step]
    let (twin, before) = (twinBefore[Int(record.task)], Int(record.before))
    guard twin >= 0 else { return nil }
    if before < 0 || records[before].likeness != .unlike {
      var earlier = step - 1
      while earlier >= 0, records[earlier].task != twin || records[earlier].ordinal != record.ordinal { earlier -= 1 }
      if earlier >= 0, before < 0 || isAlike(before, Int(records[earlier].before)) { return earlier }
    }
    // Who is ahead of its twin is unlike it too. Looked for once, as executions are long.
    records.base[step].likeness = .unlike
    return nil
  }

  /// Whether all that two twins have done up to these steps, as many of each, is the same.
  private func isAlike(_ step: Int, _ other: Int) -> Bool {
    var (own, its) = (step, other)
    while own >= 0, records[own].likeness == .unknown, !differ(own, its) {
      own = Int(records[own].before)
      its = Int(records[its].before)
    }
    let likeness: StepRecord.Likeness = own < 0 || records[own].likeness == .alike ? .alike : .unlike
    var known = step
    while known > own {
      records.base[known].likeness = likeness
      known = Int(records[known].before)
    }
    if own >= 0 { records.base[own].likeness = likeness }
    return likeness == .alike
  }

  /// What has written, waited or been asked can be told from who has not yet. A cmpxchg that was lost is a read here as
  /// everywhere; one that wakes whoever waits for any write counts as a write, so nobody has seen one of two alone.
  private func differ(_ own: Int, _ its: Int) -> Bool {
    guard isPlainRead(records[own]), isPlainRead(records[its]) else { return true }
    let (range, other) = (accessRange(of: own), accessRange(of: its))
    guard range.count == other.count else { return true }
    return !zip(range, other).allSatisfy { index, twin in
      let (access, seen) = (accesses[index], accesses[twin])
      return !access.isWrite && !seen.isWrite && access.address == seen.address && access.write == seen.write
    }
  }

  private func isPlainRead(_ record: StepRecord) -> Bool {
    record.enabledBy < 0 && record.afterAll == 0 && record.answers == 1 && !record.awaitsAny && !record.letsGoOn
  }
}
