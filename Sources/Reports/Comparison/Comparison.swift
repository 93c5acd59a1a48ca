/// Two nights side by side: what fails in the second and not in the first, and the other way round, what is slower, and
/// which races were met before.
///
/// What was not compared is said, and nothing is said of it: a part that only one of them has, a night that did not
/// come to its end, records of two campaigns. What fails in the second without anything to compare it with is new.
import Records

package struct Comparison: Sendable, Equatable {
  /// Rates differ from night to night on a shared machine; what differs by less is not told.
  static let tolerance = 0.2

  /// Each in a line, in the order of the second night.
  package private(set) var new: [String] = []
  /// The harness failed, or a part could not run, and did not in the first.
  package private(set) var newFaults: [String] = []
  package private(set) var fixed: [String] = []
  /// Failed in the first, and the second is no proof that it is fixed.
  package private(set) var notSeenAgain: [String] = []
  package private(set) var still: [String] = []
  package private(set) var slower: [String] = []
  package private(set) var faster: [String] = []
  package private(set) var notMetAnyMore: [String] = []
  /// Records that only one of the nights has, and those that are of two kinds or of two campaigns.
  package private(set) var incomparable: [String] = []
  package private(set) var compared = 0
  /// Why the second is less than the first: what it did not show, it may not have run.
  package private(set) var gaps: [String] = []

  /// - Parameters: records by name, such as the name of their file.
  package init(_ before: [String: Record], _ after: [String: Record]) { self.init(Night(before), Night(after)) }

  package init(_ before: Night, _ after: Night) {
    for name in Set(before.records.keys).union(after.records.keys).sorted() {
      switch (before.records[name], after.records[name]) {
      case (.run(let before), .run(let after)): compare(name, before, after)
      case (.matrix(let before), .matrix(let after)): compare(name, before, after)
      case (.exhaust(let before), .exhaust(let after)): compare(name, before, after)
      case (.series(let before), .series(let after)):
        compared += 1
        sort(name, Failures(before), Failures(after))
        if after.interrupted { gaps.append("\(name) was interrupted") }
      case (nil, let after?): leave(name, "only in the second", after)
      case (_, nil):
        leave(name, "only in the first", nil)
        gaps.append("it lacks \(name)")
      case (_, let after): leave(name, "records of two kinds", after)
      }
    }
    compareParts(before, after)
    if let gap = before.gap { incomparable.append("all else of the first: \(gap)") }
    if let gap = after.gap {
      incomparable.append("all else of the second: \(gap)")
      gaps.append(gap)
    }
  }

  /// Nothing to compare with: what fails is new.
  private mutating func leave(_ name: String, _ reason: String, _ after: Record?) {
    incomparable.append("\(name): \(reason)")
    switch after {
    case .run(let record): sort(name, Failures(), Failures(record))
    case .matrix(let record): sort(name, Failures(), Failures(record))
    case .exhaust(let record): sort(name, Failures(), Failures(record))
    case .series(let record): sort(name, Failures(), Failures(record))
    case nil: break
    }
  }

  private mutating func compare(_ name: String, _ before: RunRecord, _ after: RunRecord) {
    let others = Campaigns.differences(before, after)
    guard others.isEmpty else {
      return leave(name, "not one campaign: \(others.joined(separator: ", "))", .run(after))
    }
    compared += 1
    sort(name, Failures(before), Failures(after)) { _ in Campaigns.doubt(before, after) }
    if after.interrupted { gaps.append("\(name) was interrupted") }
    if before.verdict == .clean, after.verdict == .clean, !after.interrupted {
      let lost = after.coverageWarnings.filter { before.coverage[$0, default: 0] > 0 }
      notMetAnyMore += lost.map { "\(name): \($0)" }
    }
    guard let (unit, earlier) = Self.rate(before), let (_, later) = Self.rate(after), earlier > 0 else { return }
    let ratio = later / earlier
    let text =
      "\(name): \(Figures.rate(earlier)) to \(Figures.rate(later)) \(unit)/s (x \(Figures.fixed(ratio, digits: 2)))"
    if ratio < 1 - Self.tolerance { slower.append(text) }
    if ratio > 1 + Self.tolerance { faster.append(text) }
  }

  private mutating func compare(_ name: String, _ before: MatrixRecord, _ after: MatrixRecord) {
    let others = Campaigns.differences(before, after)
    guard others.isEmpty else {
      return leave(name, "not one campaign: \(others.joined(separator: ", "))", .matrix(after))
    }
    compared += 1
    if after.interrupted { gaps.append("\(name) was interrupted") }
    let cells = Dictionary(before.differences.map { ("\($0.cell): \($0.seen)", $0.cell) }) { first, _ in first }
    sort(name, Failures(before), Failures(after)) { failure in
      cells[failure].map { Campaigns.doubt($0, before, after) } ?? nil
    }
  }

  private mutating func compare(_ name: String, _ before: ExhaustRecord, _ after: ExhaustRecord) {
    let same =
      before.protocolName == after.protocolName && before.mutant == after.mutant
      && before.policy == after.policy && before.answers == after.answers
    guard same else {
      return leave(name, "not one search: subject, policy or answers", .exhaust(after))
    }
    compared += 1
    if after.interrupted { gaps.append("\(name) was interrupted") }
    let ends = Dictionary(after.items.map { ("\($0.operations) from \($0.table)", $0.end) }) { first, _ in first }
    sort(name, Failures(before), Failures(after)) { failure in
      let isComplete = ends.contains { failure.hasPrefix($0.key + ": ") && $0.value == ExhaustRecord.complete }
      return isComplete ? nil : "the second has not executed all of it"
    }
  }

  /// Parts that leave no record: their status is all that is known of them.
  private mutating func compareParts(_ before: Night, _ after: Night) {
    for name in Set(before.parts.keys).union(after.parts.keys).sorted() {
      let (first, second) = (before.parts[name], after.parts[name])
      // A part that has a record in one night alone is told by that.
      guard (first == nil || after.records[name] == nil) && (second == nil || before.records[name] == nil) else {
        if let second { sort(name, Failures(), Failures(second)) }
        continue
      }
      sort(name, first.map { Failures($0) } ?? Failures(), second.map { Failures($0) } ?? Failures()) { _ in
        second?.status == "passed" ? nil : "the second has not run it"
      }
      if first != nil && second == nil && !before.parts.isEmpty && !after.parts.isEmpty {
        gaps.append("it lacks \(name)")
      }
    }
  }

  private mutating func sort(
    _ name: String, _ before: Failures, _ after: Failures, doubt: (String) -> String? = { _ in nil }
  ) {
    for failure in after.violations.keys.sorted() {
      let command = after.violations[failure].flatMap { $0.isEmpty ? nil : "; \($0)" } ?? ""
      if before.violations[failure] == nil {
        new.append("\(name): \(failure)\(command)")
      } else {
        still.append("\(name): \(failure)\(command)")
      }
    }
    for fault in after.faults {
      if before.faults.contains(fault) {
        still.append("\(name): \(fault)")
      } else {
        newFaults.append("\(name): \(fault)")
      }
    }
    for failure in before.violations.keys.sorted() where after.violations[failure] == nil {
      if let doubt = doubt(failure) {
        notSeenAgain.append("\(name): \(failure); \(doubt)")
      } else {
        fixed.append("\(name): \(failure)")
      }
    }
  }

  private static func rate(_ record: RunRecord) -> (unit: String, value: Double)? {
    guard record.verdict == .clean, record.timing.elapsedSeconds > 0 else { return nil }
    guard let exploration = record.exploration else { return ("operations", record.timing.operationsPerSecond) }
    return ("schedules", Double(exploration.schedules) / record.timing.elapsedSeconds)
  }
}

/// What fails in a record or a part.
private struct Failures {
  /// With how to see each.
  var violations: [String: String] = [:]
  var faults: [String] = []

  init() {}

  init(_ record: RunRecord) {
    let tree = record.kernel.map { " --kernel-tree \($0.path)" } ?? ""
    let all = record.violations.map { violation in
      let token = violation.reproduction.map(\.token) ?? ""
      return (violation.checker, token.isEmpty ? violation.command : "stress replay \(token)\(tree)")
    }
    violations = Dictionary(all, uniquingKeysWith: { first, _ in first })
    faults = record.harnessFaults.map { "harness fault: \($0)" }
  }

  init(_ record: MatrixRecord) {
    violations = Dictionary(
      record.differences.map { ("\($0.cell): \($0.seen)", $0.command) }, uniquingKeysWith: { first, _ in first })
    faults = record.harnessFaults
  }

  init(_ record: SeriesRecord) {
    let all = record.commits.flatMap { commit in
      commit.breaks.map { ("\(commit.subject): \($0.checker)", record.replay($0) ?? "") }
    }
    violations = Dictionary(all, uniquingKeysWith: { first, _ in first })
    faults = record.harnessFaults.map { "harness fault: \($0)" }
  }

  init(_ record: ExhaustRecord) {
    let tree = record.kernel.map { " --kernel-tree \($0.path)" } ?? ""
    if let violation = record.violation {
      violations = [
        "\(violation.operations) from \(violation.table): \(violation.checker)":
          violation.token.isEmpty ? "" : "stress replay \(violation.token)\(tree)"
      ]
    }
    faults = record.harnessFaults
  }

  init(_ part: Night.Part) {
    switch part.status {
    case "failed": violations = [part.verdict.isEmpty ? "failed" : part.verdict: ""]
    case "harness fault", "unusable": faults = ["\(part.status): \(part.verdict)"]
    default: break
    }
  }
}
