/// A search of every interleaving as test results: a case for each item, which passes if all of it was executed.
import Records

extension TestSuite {
  init(_ record: ExhaustRecord) {
    var cases = record.items.map { item in
      Case(group: item.table, name: item.operations, result: Self.result(item, record))
    }
    cases += record.harnessFaults.map { Case(group: "exhaust", name: "harness", result: .broken(message: $0)) }
    self.init(
      name: "stress exhaust",
      properties: [
        ("subject", record.protocolName), ("mutant", record.mutant ?? ""), ("policy", record.policy),
        ("answers", "\(record.answers)"), ("interrupted", "\(record.interrupted)"),
        ("verdict", record.verdict.rawValue),
      ].filter { !$0.1.isEmpty } + (record.kernel.map { [("kernel", $0.version), ("tree", $0.tree)] } ?? [])
        + Self.origin(record.kernel, record.build), seconds: record.timing.elapsedSeconds, cases: cases)
  }

  private static func result(_ item: ExhaustRecord.Item, _ record: ExhaustRecord) -> Case.Result {
    switch item.end {
    case ExhaustRecord.complete: return .passed
    case ExhaustRecord.violation:
      guard let violation = record.violation, violation.operations == item.operations, violation.table == item.table
      else { return .failed(kind: "violation", message: "a rule was broken", body: []) }
      return .failed(
        kind: violation.checker,
        message: "\(violation.checker), \(violation.rule): expected \(violation.expected), seen \(violation.seen)",
        body: violation.token.isEmpty ? [] : ["stress replay \(violation.token)"])
    case ExhaustRecord.partial:
      return .skipped(reason: "not complete: \(Figures.grouped(item.executions)) executions, no rule broken")
    case ExhaustRecord.notRun: return .skipped(reason: "not run")
    default: return .broken(message: "the harness failed in this item")
    }
  }
}
