import Records

/// The tables of a text report. Each is a title and rows, or a title and one line saying that there are none.
extension TextReport {
  static func outcomes(_ record: RunRecord) -> [String] {
    var table = TextTable([
      .init(title: "operation"), .init(title: "outcome"), .init(title: "count", alignment: .right),
      .init(title: "share", alignment: .right), .init(title: "grade"), .init(title: "meaning", wraps: true),
    ])
    for row in record.outcomes {
      table.add([
        row.operation, row.outcome, Figures.grouped(row.count), Figures.percent(row.share), row.grade, row.sentence,
      ])
    }
    return titled("Outcomes", table, isEmpty: record.outcomes.isEmpty, empty: "no operation completed")
  }

  static func latencies(_ record: RunRecord) -> [String] {
    let titles = ["count", "p50", "p90", "p99", "p99.9", "max"]
    var table = TextTable(
      [.init(title: "operation")] + titles.map { TextTable.Column(title: $0, alignment: .right) })
    for row in record.timing.latencies {
      let times = [row.p50, row.p90, row.p99, row.p999, row.max].map(Figures.duration(nanoseconds:))
      table.add([row.operation, Figures.grouped(row.count)] + times)
    }
    return titled("Latency", table, isEmpty: record.timing.latencies.isEmpty, empty: "nothing was measured")
  }

  static func coverage(_ record: RunRecord) -> [String] {
    let rows = record.coverageRows
    var table = TextTable([
      .init(title: "race"), .init(title: "count", alignment: .right), .init(title: "meaning", wraps: true),
    ])
    for row in rows {
      table.add([row.name, row.isPossible ? Figures.grouped(row.count) : "n/a (one thread)", row.sentence])
    }
    let warnings = record.coverageWarnings.flatMap {
      TextWrap.hanging("warning: ", "\($0.onOneLine) stayed 0: this run did not meet that race", width: width)
    }
    return titled("Race coverage", table, isEmpty: rows.isEmpty, empty: "nothing was counted")
      + (warnings.isEmpty ? [] : [""] + warnings)
  }

  static func checkers(_ record: RunRecord) -> [String] {
    var table = TextTable([
      .init(title: "checker"), .init(title: "checks", alignment: .right), .init(title: "rule", wraps: true),
    ])
    for row in record.checkers {
      table.add([row.checker, row.checks == 0 ? "did not run" : Figures.grouped(row.checks), row.rule])
    }
    return titled("Checkers", table, isEmpty: record.checkers.isEmpty, empty: "none ran, nothing was checked")
  }

  /// The rules that were not evaluated, in one line; nothing where all were.
  static func unchecked(_ record: RunRecord) -> [String] {
    let names = record.checkers.filter { $0.checks == 0 }.map(\.checker.onOneLine)
    if record.checkers.isEmpty { return ["No checker ran, nothing was checked"] }
    return names.isEmpty ? [] : TextWrap.hanging("Not checked: ", names.joined(separator: ", "), width: width)
  }

  private static func titled(_ title: String, _ table: TextTable, isEmpty: Bool, empty: String) -> [String] {
    isEmpty ? ["\(title): \(empty)"] : [title, ""] + table.lines(width: width)
  }
}
