import Records

/// A search of every interleaving for a person to read: what was executed, what was left, and what was proven.
package struct ExhaustText {
  private let record: ExhaustRecord
  private var isFull = true

  package init(_ record: ExhaustRecord) { self.record = record }

  /// The whole report, ending in a newline.
  package func render() -> String {
    Self.join([header, tables, CodeText.lines(record.code, width: width), left, violation, faults, [verdict]])
  }

  /// What `--quiet` leaves.
  package func renderQuietly() -> String {
    var quiet = self
    quiet.isFull = false
    return Self.join([left, quiet.violation, faults, [verdict]])
  }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.map(\.onOneLine).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private var width: Int { TextWidth.of(120) }
  private func size(_ items: [ExhaustRecord.Item]) -> String {
    let (classes, states) = (items.reduce(0) { $0 + $1.classes }, items.reduce(0) { $0 + $1.states })
    let texts = [
      classes > 0 || states == 0 ? "\(Figures.grouped(classes)) classes" : nil,
      states > 0 ? "\(Figures.grouped(states)) states" : nil,
    ]
    return texts.compactMap { $0 }.joined(separator: " and ")
  }
  private var subject: String { record.protocolName + (record.mutant.map { ", mutant \($0)" } ?? "") }
  private func count(_ end: String) -> Int { record.items.count { $0.end == end } }
  private var executions: UInt64 { record.items.reduce(0) { $0 + $1.executions } }

  var header: [String] {
    [
      "subject    \(subject), policy \(record.policy)",
      "answers    BUSY and yields: yes at most \(Figures.counted(record.answers, "time")) a thread",
      "time       \(Figures.fixed(record.timing.elapsedSeconds, digits: 1)) s with "
        + "\(Figures.counted(record.timing.jobs, "job")), \(Figures.grouped(executions)) executions",
    ] + (record.preemptions.map { ["bound      at most \(Figures.counted($0, "preemption"))"] } ?? [])
      + (record.shard.map { ["shard      \($0)"] } ?? []) + UnseenText.lines(record.kernel, width: width)
  }

  /// Table by table: how much there was.
  var tables: [String] {
    var table = TextTable([
      .init(title: "table"), .init(title: "complete", alignment: .right), .init(title: "of", alignment: .right),
      .init(title: "classes", alignment: .right), .init(title: "states", alignment: .right),
      .init(title: "most", alignment: .right),
      .init(title: "in", wraps: true),
    ])
    var names: [String] = []
    for item in record.items where !names.contains(item.table) { names.append(item.table) }
    for name in names {
      let items = record.items.filter { $0.table == name }
      let largest = items.max { $0.size < $1.size }
      table.add([
        name, "\(items.count { $0.end == "complete" })", "\(items.count)",
        Figures.grouped(items.reduce(0) { $0 + $1.classes }), Figures.grouped(items.reduce(0) { $0 + $1.states }),
        Figures.grouped(largest?.size ?? 0),
        largest?.operations ?? "",
      ])
    }
    return table.lines(width: width)
  }

  private static let mostNamed = 40

  var left: [String] {
    let items = record.items.filter { $0.end == "partial" }
    guard !items.isEmpty else { return [] }
    let names = items.prefix(Self.mostNamed).map {
      "  \($0.operations), \($0.table): \(size([$0]))"
        + ($0.explored.map { ", \(Figures.percent($0)) of it at least" } ?? "")
        + ($0.bound.map { ", all with at most \(Figures.counted($0, "preemption"))" } ?? "")
    }
    let more = items.count > Self.mostNamed ? ["  and \(items.count - Self.mostNamed) more, see the record"] : []
    return ["Not complete:"] + names + more
  }

  var violation: [String] {
    guard let violation = record.violation else { return [] }
    var lines = [
      "Violation", "", "checker    \(violation.checker): \(violation.rule)",
      "operations \(violation.operations)", "table      \(violation.table)", "expected   \(violation.expected)",
      "seen       \(violation.seen)",
    ]
    if !violation.token.isEmpty {
      let tree = record.kernel.map { " --kernel-tree \($0.path)" } ?? ""
      lines += [
        "", "replay: stress replay \(violation.token)\(tree)", "verified \(violation.verified)/\(violation.replays)",
      ]
    }
    if let interleaving = violation.interleaving, isFull {
      let text = InterleavingText(interleaving, title: "Interleaving", checker: violation.checker, full: false)
      lines += [""] + text.lines
    }
    return lines
  }

  var faults: [String] { record.harnessFaults.map { "harness fault: \($0)" } }

  private var bound: String {
    let preemptions = record.preemptions.map { ", at most \(Figures.counted($0, "preemption"))" } ?? ""
    return "sequentially consistent"
      + (record.answers == 0 ? ", no BUSY, no yield" : ", at most \(record.answers) BUSY or yield a thread")
      + preemptions
  }

  /// Of those that are not complete, the ones that are up to a bound, and the lowest of those bounds.
  private var bounded: String {
    let bounds = record.items.filter { $0.end == "partial" }.compactMap(\.bound)
    guard let least = bounds.min() else { return "" }
    return ", \(Figures.grouped(UInt64(bounds.count))) more with at most \(Figures.counted(least, "preemption"))"
  }

  var verdict: String {
    sentence + (record.verdict == .complete || record.verdict == .partial ? CodeText.suffix(record.code) : "")
  }

  private var sentence: String {
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
      return "PASS exhaustive: \(complete) of \(total) items, all \(size(record.items)), \(bound)"
    case .partial:
      let word = record.interrupted ? "INTERRUPTED" : "PASS partial:"
      return "\(word) \(complete) of \(total) items complete\(bounded), \(size(record.items)), \(bound)"
    }
  }
}
