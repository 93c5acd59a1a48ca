import Records

/// One violation: what was broken and where, what led to it, and how to see it again.
struct ViolationText {
  private static let labelWidth = 11

  private let violation: RunRecord.Violation
  private let kind: RunKind
  private let isTrace: Bool
  private let replay: RunRecord.Replay?
  private let kernel: RunRecord.Kernel?
  private let number: Int
  private let total: Int
  private let full: Bool

  init(_ violation: RunRecord.Violation, of record: RunRecord, number: Int, total: Int, full: Bool) {
    self.violation = violation
    kind = RunKind(record)
    isTrace = record.engine == .trace
    replay = record.replay
    kernel = record.kernel
    self.number = number
    self.total = total
    self.full = full
  }

  var sections: [[String]] {
    switch kind {
    case .soak: [facts, events] + bridge
    case .explore, .minimize: [facts, steps, command]
    case .replay: [facts, steps, found]
    }
  }

  /// The same without the events, where an interleaving tells more.
  var briefly: [[String]] {
    guard kind == .soak, violation.reproduction?.interleaving != nil else { return sections }
    return [facts] + bridge
  }

  private var reproduction: ReproductionText? {
    violation.reproduction.map {
      ReproductionText($0, of: violation, kernel: kernel, full: full)
    }
  }

  /// What a schedule made of a violation that threads had found.
  private var bridge: [[String]] {
    guard let reproduction else { return [again] }
    return [reproduction.bridge, reproduction.interleaving, reproduction.command + again]
  }

  private var steps: [String] {
    guard let interleaving = replay?.interleaving else {
      let steps = reproduction?.interleaving ?? []
      return steps.isEmpty && violation.moment != .setUp ? events : steps
    }
    return InterleavingText(
      interleaving, title: "Interleaving", checker: violation.checker.onOneLine, full: full
    ).lines
  }

  /// What was not replayed but found, in an episode that promises nothing, has its command.
  private var found: [String] {
    guard isTrace, let replay else { return [] }
    guard !violation.command.isEmpty else { return ["not reproduced: it did not break the rule again"] }
    let promise = "verified 3/3, event hash \(replay.eventHash.onOneLine)"
    return ["replay: \(violation.command.onOneLine)", promise, ReproductionText.asText]
  }

  /// What was replayed needs no other command.
  private var command: [String] {
    let isVerified = violation.reproduction.map(ReproductionText.isVerified) ?? false
    return (reproduction?.command ?? []) + (isVerified || violation.command.isEmpty ? [] : again)
  }

  private var again: [String] { ["run again: \(violation.command.onOneLine)"] }

  private var facts: [String] {
    let title = total == 1 ? "Violation" : "Violation \(number) of \(total)"
    let fields: [(name: String, paragraphs: [String])] =
      [
        ("checker", ["\(violation.checker): \(violation.rule)"]),
        ("thread", [thread]),
        ("operation", [violation.operation]),
        ("gfn", [violation.gfn]),
        ("level", [Self.level(violation.level)]),
      ] + place + [
        ("expected", [violation.expected]),
        ("seen", [violation.seen]),
      ] + size
    return [title, ""] + fields.flatMap { field($0.name, $0.paragraphs) }
  }

  private func field(_ name: String, _ paragraphs: [String]) -> [String] {
    paragraphs.enumerated().flatMap { index, text in
      TextWrap.hanging(
        (index == 0 ? name : "").padded(to: Self.labelWidth, alignment: .left), text.isEmpty ? "-" : text.onOneLine,
        width: TextReport.width)
    }
  }

  /// Where in the run it fell.
  private var place: [(name: String, paragraphs: [String])] {
    switch kind {
    case .soak: [("round", ["\(violation.round)"])]
    case .explore:
      violation.reproduction.map { [("scenario", ["\($0.scenario), schedule \($0.schedule)"])] } ?? []
    case .replay, .minimize: []
    }
  }

  private var size: [(name: String, paragraphs: [String])] {
    switch kind {
    case .soak, .replay: []
    case .explore, .minimize: violation.reproduction.map { [("schedule", SizeText.lines($0))] } ?? []
    }
  }

  private var thread: String {
    if violation.moment == .setUp { return "none, the initial tables are being built" }
    if violation.thread >= 0 { return "\(violation.thread)" }
    return kind == .soak ? "none, found at the barrier" : "none, found when all threads had ended"
  }

  private var events: [String] {
    guard !violation.events.isEmpty else { return ["Last events: none were recorded"] }
    var table = TextTable([
      .init(title: "order", alignment: .right), .init(title: "thread", alignment: .right),
      .init(title: "event", wraps: true), .init(title: "gfn"), .init(title: "level", alignment: .right),
      .init(title: "old", wraps: true), .init(title: "new", wraps: true),
    ])
    for event in violation.events {
      table.add([
        "\(event.order)", "\(event.thread)", event.event, event.gfn, "\(event.level)", event.old, event.new,
      ])
    }
    return ["Last events of the threads involved, oldest first", ""] + table.lines(width: TextReport.width)
  }

  private static func level(_ level: Int) -> String {
    switch level {
    case 1: "1 (4K)"
    case 2: "2 (2M)"
    case 3: "3 (1G)"
    case 4: "4 (512G)"
    default: "\(level)"
    }
  }
}
