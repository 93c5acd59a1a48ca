import Records

/// The verdict of a run on a token: whether it still shows what it was made for. A schedule that breaks no rule is
/// what a fix looks like, so it does not read as a failure.
extension VerdictLine {
  static func replay(_ record: RunRecord) -> String {
    let hash = eventHash(record)
    guard record.verdict == .violation else { return unbroken(record, hash) }
    guard let violation = record.violations.first else { return "REPRODUCED, with no violation on record" }
    let checker = violation.checker.onOneLine
    if violation.moment == .setUp {
      return "FAIL \(checker) in the initial tables: no thread has run, and no race is shown"
    }
    if record.engine == .trace { return "FAIL \(checker)" + text(hash) }
    if let expected = record.replay?.expectedChecker?.onOneLine, expected != checker {
      return "FAIL \(checker) in place of the token's \(expected)" + text(hash)
    }
    if let hash, let expected = record.replay?.expectedEventHash?.onOneLine, expected != hash {
      return "REPRODUCED \(checker) by other events: event hash \(hash), the token has \(expected)"
    }
    return "REPRODUCED \(checker)" + text(hash)
  }

  static func minimizing(_ record: RunRecord) -> String {
    guard record.verdict == .violation else { return unbroken(record, eventHash(record)) }
    guard let violation = record.violations.first else { return "NOT MINIMISED, with no violation on record" }
    let checker = violation.checker.onOneLine
    if violation.moment == .setUp { return "NOT MINIMISED \(checker) in the initial tables: no thread has run" }
    guard let reproduction = violation.reproduction, let size = reproduction.minimized else {
      return "NOT MINIMISED \(checker)" + text(eventHash(record))
    }
    let found = reproduction.found
    let changes =
      "\(Figures.grouped(found.steps)) to \(Figures.counted(size.steps, "step")), "
      + "\(Figures.grouped(found.preemptions)) to \(Figures.counted(size.preemptions, "preemption"))"
    let fewest = reproduction.hasFewestPreemptions == true ? ", with the fewest preemptions" : ""
    let end = (reproduction.isMinimal ? "1-minimal" : "budget used up") + fewest
    let doubt = ReproductionText.isVerified(reproduction) ? "" : ", not reproduced"
    return "MINIMISED \(checker): \(changes), \(end)\(doubt)" + text(eventHash(record))
  }

  private static func unbroken(_ record: RunRecord, _ hash: String?) -> String {
    if record.interrupted { return "INTERRUPTED before the schedule ended; no violation so far" }
    if record.engine == .trace { return "PASS one schedule, which broke no rule; not a proof" + text(hash) }
    let expected = record.replay?.expectedChecker.map { " \($0.onOneLine)" } ?? ""
    return "NOT REPRODUCED\(expected): the schedule ran to its end and broke no rule" + text(hash)
  }

  private static func eventHash(_ record: RunRecord) -> String? {
    (record.replay?.eventHash ?? record.violations.first?.reproduction?.eventHash)?.onOneLine
  }

  private static func text(_ hash: String?) -> String { hash.map { ", event hash \($0)" } ?? "" }
}
