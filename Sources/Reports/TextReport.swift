import Campaign

/// A run record for a person to read: what ran, what it met, what was checked, and the verdict as the last line.
///
/// No line is longer than `width`, but for the command that runs a round again, which must survive copying.
public struct TextReport {
  public static let width = 100

  private let record: RunRecord

  public init(_ record: RunRecord) { self.record = record }

  /// The whole report, ending in a newline.
  public func render() -> String {
    let sections = [
      header, Self.outcomes(record), Self.latencies(record), Self.coverage(record), Self.checkers(record), scope,
    ]
    return Self.join(sections + findings + [[VerdictLine.render(record)]])
  }

  /// What `--quiet` leaves: the violations, the faults of the harness and the verdict line.
  public func renderQuietly() -> String {
    Self.join(findings + [[VerdictLine.render(record)]])
  }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private var header: [String] {
    let timing = record.timing
    let lines = [
      "seed \(record.seed), protocol \(record.protocol), mutant \(record.mutant ?? "none"), "
        + "policy \(record.policy), \(Figures.counted(record.threads, "thread"))",
      "\(Figures.counted(record.rounds, "round")), \(Figures.counted(record.operations, "operation")) in "
        + "\(Figures.fixed(timing.elapsedSeconds, digits: 1)) s, "
        + "\(Figures.fixed(timing.operationsPerSecond, digits: 0)) ops/s, "
        + "\(timing.liveThreads) live at once, peak memory \(Figures.mebibytes(timing.peakResidentBytes))",
      "busy \(Figures.fixed(record.busyPercent, digits: 1))%, perturb \(record.perturb), "
        + "guest of \(record.memoryGiB) GiB, mix \(mix)",
    ]
    return lines.flatMap { TextWrap.hanging("", $0.onOneLine, width: Self.width) }
  }

  private var mix: String {
    let weights = record.mix.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    return weights.isEmpty ? "none" : weights.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }

  private var scope: [String] {
    TextWrap.hanging("Scope: ", record.scope.onOneLine, width: Self.width)
  }

  private var findings: [[String]] {
    let total = record.violations.count
    let violations = record.violations.enumerated().flatMap { index, violation in
      ViolationText(violation, number: index + 1, total: total).sections
    }
    let faults = record.harnessFaults.flatMap {
      TextWrap.hanging("harness fault: ", $0.onOneLine, width: Self.width)
    }
    return violations + [faults]
  }
}
