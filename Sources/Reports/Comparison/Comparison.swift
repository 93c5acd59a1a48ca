/// Two nights side by side: what fails in the second and not in the first, and the other way round, what is slower, and
/// which races were met before.
import Campaign

public struct Comparison: Sendable, Equatable {
  /// Rates differ from night to night on a shared machine; what differs by less is not told.
  static let tolerance = 0.2

  /// Each in a line, in the order of the second night.
  public private(set) var new: [String] = []
  public private(set) var fixed: [String] = []
  public private(set) var still: [String] = []
  public private(set) var slower: [String] = []
  public private(set) var faster: [String] = []
  public private(set) var notMetAnyMore: [String] = []
  /// Records that only one of the nights has, and those that are of two kinds.
  public private(set) var incomparable: [String] = []
  public private(set) var compared = 0

  /// - Parameters: records by name, such as the name of their file.
  public init(_ before: [String: Record], _ after: [String: Record]) {
    for name in Set(before.keys).union(after.keys).sorted() {
      switch (before[name], after[name]) {
      case (.run(let before), .run(let after)): compare(name, before, after)
      case (.matrix(let before), .matrix(let after)): compare(name, before, after)
      case (nil, _): incomparable.append("\(name): only in the second")
      case (_, nil): incomparable.append("\(name): only in the first")
      default: incomparable.append("\(name): records of two kinds")
      }
    }
  }

  private mutating func compare(_ name: String, _ before: RunRecord, _ after: RunRecord) {
    compared += 1
    sort(name, Self.failures(before), Self.failures(after))
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
    compared += 1
    func differences(_ record: MatrixRecord) -> [String: String] {
      Dictionary(
        record.differences.map { ("\($0.cell): \($0.seen)", $0.command) } + record.harnessFaults.map { ($0, "") },
        uniquingKeysWith: { first, _ in first })
    }
    sort(name, differences(before), differences(after))
  }

  /// What fails, with how to see it.
  private static func failures(_ record: RunRecord) -> [String: String] {
    let violations = record.violations.map { violation in
      let token = violation.reproduction.map(\.token) ?? ""
      return (violation.checker, token.isEmpty ? violation.command : "stress replay \(token)")
    }
    return Dictionary(
      violations + record.harnessFaults.map { ("harness fault: \($0)", "") }, uniquingKeysWith: { first, _ in first })
  }

  private mutating func sort(_ name: String, _ before: [String: String], _ after: [String: String]) {
    for failure in after.keys.sorted() {
      let command = after[failure].flatMap { $0.isEmpty ? nil : "; \($0)" } ?? ""
      if before[failure] == nil {
        new.append("\(name): \(failure)\(command)")
      } else {
        still.append("\(name): \(failure)\(command)")
      }
    }
    fixed += before.keys.sorted().filter { after[$0] == nil }.map { "\(name): \($0)" }
  }

  private static func rate(_ record: RunRecord) -> (unit: String, value: Double)? {
    guard record.verdict == .clean, record.timing.elapsedSeconds > 0 else { return nil }
    guard let exploration = record.exploration else { return ("operations", record.timing.operationsPerSecond) }
    return ("schedules", Double(exploration.schedules) / record.timing.elapsedSeconds)
  }
}

extension Comparison {
  /// For a person and for a job's summary page alike: headings, and a line for each finding.
  public func render() -> String {
    let sections = [
      ("New", new), ("Fixed", fixed), ("Still failing", still), ("Races not met any more", notMetAnyMore),
      ("Slower", slower), ("Faster", faster), ("Not compared", incomparable),
    ]
    let found = sections.filter { !$0.1.isEmpty }.map { title, lines in
      "\(title)\n\n" + lines.map { "- \($0.onOneLine)\n" }.joined() + "\n"
    }
    let records = Figures.counted(compared, "record")
    let rest = "\(records), \(fixed.count) fixed, \(still.count) still failing"
    let verdict =
      new.isEmpty ? "NOTHING NEW in \(rest)" : "NEW: \(Figures.counted(new.count, "failure")) in \(rest)"
    return found.joined() + verdict + "\n"
  }
}
