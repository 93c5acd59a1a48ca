/// A run as test results: a case for each checker in the run's scenario.
import Records

extension TestSuite {
  init(_ record: RunRecord) {
    let scenario =
      record.exploration?.scenario ?? record.replay?.scenario
      ?? record.violations.first?.reproduction?.scenario ?? "soak"
    var cases = record.checkers.map { row in
      Case(
        group: scenario, name: row.checker,
        result: row.checks == 0 ? .skipped(reason: "the rule was not evaluated in this run") : .passed)
    }
    for (number, violation) in record.violations.enumerated() {
      let text = ViolationText(
        violation, of: record, number: number + 1, total: record.violations.count, full: false)
      let failed = Case.Result.failed(
        kind: violation.checker, message: "expected \(violation.expected), seen \(violation.seen)",
        body: text.sections.filter { !$0.isEmpty }.joined(separator: [""]) + ["", VerdictLine.render(record)])
      if let index = cases.firstIndex(where: { $0.name == violation.checker }) {
        cases[index].result = failed
      } else {
        cases.append(Case(group: scenario, name: violation.checker, result: failed))
      }
    }
    cases += record.harnessFaults.map { Case(group: scenario, name: "harness", result: .broken(message: $0)) }
    // No checker and no fault on record: nothing ran, and nothing must not read as passed.
    if cases.isEmpty {
      cases = [Case(group: scenario, name: "harness", result: .skipped(reason: "nothing was checked"))]
    }
    self.init(
      name: "stress \(record.engine.rawValue)", properties: Self.properties(record),
      seconds: record.timing.elapsedSeconds,
      cases: cases)
  }

  private static func properties(_ record: RunRecord) -> [(name: String, value: String)] {
    var properties = [("subject", record.subject), ("policy", record.policy)]
    if let kernel = record.kernel {
      properties += [("kernel", kernel.version), ("tree", kernel.tree)]
    } else {
      properties += [("protocol", record.protocol), ("mutant", record.mutant ?? "none")]
    }
    properties += origin(record.kernel, record.build)
    if record.replay == nil { properties.append(("seed", record.seed)) }
    if let exploration = record.exploration {
      properties += [
        ("scenario", exploration.scenario), ("strategy", exploration.strategy),
        ("schedules", "\(exploration.schedules)"), ("distinctSchedules", "\(exploration.distinctSchedules)"),
      ]
    } else if record.replay == nil {
      properties += [("threads", "\(record.threads)"), ("rounds", "\(record.rounds)")]
    }
    properties += record.coverageWarnings.map { ("not met", $0) }
    if record.interrupted { properties.append(("interrupted", "true")) }
    return properties + [("scope", record.scope), ("verdict", VerdictLine.render(record))]
  }
}
