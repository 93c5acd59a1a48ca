import Records

/// A run record for a person to read: what ran, what it met, what was checked, and the verdict as the last line.
///
/// No line is longer than `width`, but for commands, which must survive copying, and the verdict, which is one line.
package struct TextReport {
  package static var width: Int { TextWidth.of(100) }

  private let record: RunRecord

  package init(_ record: RunRecord) { self.record = record }

  /// The whole report, ending in a newline.
  ///
  /// - Parameter full: every step of an interleaving is shown, also those that do not matter.
  package func render(full: Bool = false) -> String {
    Self.join(
      [Self.header(record)] + measurements + [CodeText.lines(record.code, width: Self.width), scope]
        + findings(full: full)
        + [unseen, [VerdictLine.render(record)]])
  }

  /// What `--quiet` leaves: the violations, the faults of the harness and the verdict line.
  package func renderQuietly(full: Bool = false) -> String {
    Self.join(findings(full: full) + [unseen, [VerdictLine.render(record)]])
  }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  /// What was counted. One execution alone has no statistics; what was not checked in it matters all the same.
  private var measurements: [[String]] {
    switch RunKind(record) {
    case .soak:
      [Self.outcomes(record), Self.latencies(record), Self.coverage(record), Self.checkers(record)]
    case .explore: [Self.outcomes(record), Self.coverage(record), Self.checkers(record)]
    case .replay, .minimize: [Self.unchecked(record)]
    }
  }

  private var scope: [String] {
    TextWrap.hanging("Scope: ", record.scope.onOneLine, width: Self.width)
  }

  private var unseen: [String] { UnseenText.lines(record.kernel, width: Self.width) }

  private func findings(full: Bool) -> [[String]] {
    let total = record.violations.count
    let violations = record.violations.enumerated().flatMap { index, violation in
      ViolationText(violation, of: record, number: index + 1, total: total, full: full).sections
    }
    let faults = record.harnessFaults.flatMap {
      TextWrap.hanging("harness fault: ", $0.onOneLine, width: Self.width)
    }
    return violations + [traceOfCleanReplay(full: full), faults]
  }

  private func traceOfCleanReplay(full: Bool) -> [String] {
    guard record.violations.isEmpty, let interleaving = record.replay?.interleaving else { return [] }
    return InterleavingText(interleaving, title: "Interleaving", checker: "", full: full).lines
  }
}
