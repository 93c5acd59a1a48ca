import Campaign

/// The last line of every report: one line, its first word is the verdict.
public enum VerdictLine {
  public static func render(_ record: RunRecord) -> String {
    switch record.verdict {
    case .violation: failure(record)
    case .harnessFault: "HARNESS FAULT \(fault(record))"
    case .clean where record.interrupted: "INTERRUPTED after \(extent(record)); no violation so far"
    case .clean: "PASS sampled: \(extent(record)); not a proof"
    }
  }

  private static func failure(_ record: RunRecord) -> String {
    let seed = "seed \(record.seed.onOneLine)"
    guard let first = record.violations.first else { return "FAIL with no violation on record, \(seed)" }
    let others = record.violations.count - 1
    let more = others > 0 ? " and \(others) more" : ""
    return "FAIL \(first.checker.onOneLine)\(more) in round \(first.round), \(seed)"
  }

  private static func fault(_ record: RunRecord) -> String {
    let count = Figures.counted(max(record.harnessFaults.count, 1), "fault")
    return "\(count), so this run says nothing about the protocol, seed \(record.seed.onOneLine)"
  }

  private static func extent(_ record: RunRecord) -> String {
    var parts = [
      Figures.counted(record.rounds, "round"), Figures.counted(record.operations, "operation"),
      Figures.counted(record.threads, "thread"),
    ]
    let missed = record.coverageWarnings.count
    if missed > 0 { parts.append("\(Figures.counted(missed, "race")) not met") }
    if let mutant = record.mutant { parts.append("mutant \(mutant.onOneLine) not caught") }
    return parts.joined(separator: ", ")
  }
}
