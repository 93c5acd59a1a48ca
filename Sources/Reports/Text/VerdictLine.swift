import Records

/// The last line of every report: one line, its first word is the verdict.
package enum VerdictLine {
  package static func render(_ record: RunRecord) -> String {
    let unseen = record.verdict == .clean ? UnseenText.suffix(record.kernel) + CodeText.suffix(record.code) : ""
    return sentence(record) + unseen
  }

  private static func sentence(_ record: RunRecord) -> String {
    if record.verdict == .harnessFault { return "HARNESS FAULT \(fault(record))" }
    switch RunKind(record) {
    case .soak, .explore: return campaign(record)
    case .replay: return replay(record)
    case .minimize: return minimizing(record)
    }
  }

  private static func campaign(_ record: RunRecord) -> String {
    if record.verdict == .violation { return failure(record) }
    if isEmpty(record) { return "NOTHING RUN: \(emptiness(record))" }
    let extent = extent(record).joined(separator: ", ")
    return record.interrupted
      ? "INTERRUPTED after \(extent); no violation so far" : "PASS sampled: \(extent); not a proof"
  }

  /// It came to its end, and there was nothing to run: nothing is said of any rule.
  static func isEmpty(_ record: RunRecord) -> Bool {
    record.verdict == .clean && !record.interrupted && RunKind(record) == .explore
      && (record.exploration?.schedules ?? 0) == 0
  }

  private static func emptiness(_ record: RunRecord) -> String {
    guard let shard = record.exploration?.shard else { return "the campaign has no schedules, so it says nothing" }
    return "the campaign has no schedules for shard \(shard.onOneLine), so it says nothing"
  }

  private static func failure(_ record: RunRecord) -> String {
    let seed = "seed \(record.seed.onOneLine)"
    guard let first = record.violations.first else { return "FAIL with no violation on record, \(seed)" }
    let others = record.violations.count - 1
    let more = others > 0 ? " and \(others) more" : ""
    return "FAIL \(first.checker.onOneLine)\(more)\(place(first, record)), \(seed)"
  }

  /// Which round or schedule it was, in digits that can be searched for.
  private static func place(_ violation: RunRecord.Violation, _ record: RunRecord) -> String {
    let isInSetUp = violation.moment == .setUp
    guard RunKind(record) == .explore else {
      return (isInSetUp ? " in the initial tables of" : " in") + " round \(violation.round)"
    }
    guard let reproduction = violation.reproduction else { return "" }
    if isInSetUp { return " in the initial tables of schedule \(reproduction.schedule), no race" }
    let doubt = ReproductionText.isVerified(reproduction) ? "" : ", not reproduced"
    return " at schedule \(reproduction.schedule)\(doubt)"
  }

  private static func fault(_ record: RunRecord) -> String {
    let count = Figures.counted(max(record.harnessFaults.count, 1), "fault")
    let seed =
      switch RunKind(record) {
      case .soak, .explore: ", seed \(record.seed.onOneLine)"
      case .replay, .minimize: ""
      }
    return "\(count), so this run says nothing about the protocol\(seed)"
  }

  private static func extent(_ record: RunRecord) -> [String] {
    var parts = RunKind(record) == .explore ? schedules(record) : rounds(record)
    let missed = record.coverageWarnings.count
    if missed > 0 { parts.append("\(Figures.counted(missed, "race")) not met") }
    if let mutant = record.mutant { parts.append("mutant \(mutant.onOneLine) not caught") }
    return parts
  }

  private static func rounds(_ record: RunRecord) -> [String] {
    [
      Figures.counted(record.rounds, "round"), Figures.counted(record.operations, "operation"),
      Figures.counted(record.threads, "thread"),
    ]
  }

  private static func schedules(_ record: RunRecord) -> [String] {
    guard let exploration = record.exploration else { return ["0 schedules"] }
    let about = exploration.distinctIsExact ? "" : "about "
    let distinct = "\(about)\(Figures.grouped(exploration.distinctSchedules)) distinct (by happens-before hash)"
    let share = Figures.fixed(exploration.newShare * 100, digits: 1)
    let news = "\(share) % of the last \(Figures.grouped(exploration.window)) were new"
    return [Figures.counted(exploration.schedules, "schedule"), distinct] + (exploration.window > 0 ? [news] : [])
  }
}
