import Campaign

/// One violation: what was broken, where, the merged last events of the threads involved, and how to see it again.
struct ViolationText {
  private let violation: RunRecord.Violation
  private let number: Int
  private let total: Int

  init(_ violation: RunRecord.Violation, number: Int, total: Int) {
    self.violation = violation
    self.number = number
    self.total = total
  }

  var sections: [[String]] { [facts, events, ["run again: \(violation.command.onOneLine)"]] }

  private var facts: [String] {
    let fields = [
      ("checker", "\(violation.checker): \(violation.rule)"),
      ("thread", violation.thread < 0 ? "none, found at the barrier" : "\(violation.thread)"),
      ("operation", violation.operation),
      ("gfn", violation.gfn),
      ("level", Self.level(violation.level)),
      ("round", "\(violation.round)"),
      ("expected", violation.expected),
      ("seen", violation.seen),
    ]
    let title = total == 1 ? "Violation" : "Violation \(number) of \(total)"
    return [title, ""]
      + fields.flatMap { name, value in
        TextWrap.hanging(
          name.padded(to: 11, alignment: .left), value.isEmpty ? "-" : value.onOneLine, width: TextReport.width)
      }
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
