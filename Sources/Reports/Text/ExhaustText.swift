import Records

/// A search of every interleaving for a person to read: what was executed, what was left, and what was proven.
public struct ExhaustText {
  private let record: ExhaustRecord

  public init(_ record: ExhaustRecord) { self.record = record }

  /// The whole report, ending in a newline.
  public func render() -> String { Self.join([header, tables, left, violation, faults, [verdict]]) }

  /// What `--quiet` leaves.
  public func renderQuietly() -> String { Self.join([left, violation, faults, [verdict]]) }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.map(\.onOneLine).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private var width: Int { TextWidth.of(120) }
  private var subject: String { record.protocolName + (record.mutant.map { ", mutant \($0)" } ?? "") }
  private func count(_ end: String) -> Int { record.items.count { $0.end == end } }
  private var classes: UInt64 { record.items.reduce(0) { $0 + $1.classes } }
  private var executions: UInt64 { record.items.reduce(0) { $0 + $1.executions } }

  private var header: [String] {
    [
      "subject    \(subject), policy \(record.policy)",
      "answers    BUSY and yields: yes at most \(Figures.counted(record.answers, "time")) a thread",
      "time       \(Figures.fixed(record.timing.elapsedSeconds, digits: 1)) s with "
        + "\(Figures.counted(record.timing.jobs, "job")), \(Figures.grouped(executions)) executions",
    ]
  }

  /// Table by table: how much there was.
  private var tables: [String] {
    var table = TextTable([
      .init(title: "table"), .init(title: "complete", alignment: .right), .init(title: "of", alignment: .right),
      .init(title: "classes", alignment: .right), .init(title: "most", alignment: .right),
      .init(title: "in", wraps: true),
    ])
    var names: [String] = []
    for item in record.items where !names.contains(item.table) { names.append(item.table) }
    for name in names {
      let items = record.items.filter { $0.table == name }
      let largest = items.max { $0.classes < $1.classes }
      table.add([
        name, "\(items.count { $0.end == "complete" })", "\(items.count)",
        Figures.grouped(items.reduce(0) { $0 + $1.classes }), Figures.grouped(largest?.classes ?? 0),
        largest?.operations ?? "",
      ])
    }
    return table.lines(width: width)
  }

  private static let mostNamed = 40

  private var left: [String] {
    let items = record.items.filter { $0.end == "partial" }
    guard !items.isEmpty else { return [] }
    let names = items.prefix(Self.mostNamed).map {
      "  \($0.operations), \($0.table): \(Figures.grouped($0.classes)) classes"
    }
    let more = items.count > Self.mostNamed ? ["  and \(items.count - Self.mostNamed) more, see the record"] : []
    return ["Not complete:"] + names + more
  }

  private var violation: [String] {
    guard let violation = record.violation else { return [] }
    var lines = [
      "Violation", "", "checker    \(violation.checker): \(violation.rule)",
      "operations \(violation.operations)", "table      \(violation.table)", "expected   \(violation.expected)",
      "seen       \(violation.seen)",
    ]
    if !violation.token.isEmpty {
      lines += ["", "replay: stress replay \(violation.token)", "verified \(violation.verified)/\(violation.replays)"]
    }
    return lines
  }

  private var faults: [String] { record.harnessFaults.map { "harness fault: \($0)" } }

  private var bound: String {
    record.answers == 0
      ? "sequentially consistent, no BUSY, no yield"
      : "sequentially consistent, at most \(record.answers) BUSY or yield a thread"
  }

  private var verdict: String {
    let total = Figures.grouped(UInt64(record.items.count))
    let complete = Figures.grouped(UInt64(count("complete")))
    switch record.verdict {
    case .harnessFault:
      return "HARNESS FAULT \(Figures.counted(record.harnessFaults.count, "fault")); this says nothing"
    case .violation:
      let failed = count("violation")
      let also = failed > 1 ? ", and \(Figures.counted(failed - 1, "other"))" : ""
      return "FAIL \(record.violation?.checker ?? ""), \(record.violation?.operations ?? "") from "
        + "\(record.violation?.table ?? "")\(also)"
    case .complete:
      return "PASS exhaustive: \(complete) of \(total) items, all \(Figures.grouped(classes)) classes, \(bound)"
    case .partial:
      let word = record.interrupted ? "INTERRUPTED" : "PASS partial:"
      return "\(word) \(complete) of \(total) items complete, \(Figures.grouped(classes)) classes, \(bound); no proof"
    }
  }
}
