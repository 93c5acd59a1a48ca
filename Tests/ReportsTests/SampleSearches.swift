import Records

/// Searches of every interleaving, one for each verdict.
enum SampleSearches {
  static let all = [complete, partial, violation, fault]

  static let complete = record([item("fault", "complete"), item("fault x zap", "complete")])
  static let partial = record([
    item("fault", "complete"), item("fault x fault", "partial", bound: 2), item("zap", "not run"),
  ])
  static let fault = record([item("fault", "fault")], faults: ["fault: an execution did not end"])
  static let violation = record(
    [item("fault x zap", "violation"), item("zap", "not run")],
    violation: .init(
      operations: "fault x zap", table: "private-empty", checker: "DUP-1", rule: "each change is propagated once",
      expected: "one external write", seen: "none <script>", token: "m1:AAAA", verified: 3, replays: 3))

  private static func item(_ operations: String, _ end: String, bound: Int? = nil) -> ExhaustRecord.Item {
    .init(
      operations: operations, table: "private-empty", end: end, classes: 28, states: 0, executions: 30, longest: 60,
      bound: bound)
  }

  private static func record(
    _ items: [ExhaustRecord.Item], violation: ExhaustRecord.Violation? = nil, faults: [String] = []
  ) -> ExhaustRecord {
    ExhaustRecord(
      build: nil, protocolName: "mainline", mutant: nil, policy: "4k", answers: 1, executionLimit: 1_000, items: items,
      violation: violation, harnessFaults: faults, interrupted: false, timing: .init(elapsedSeconds: 1.5, jobs: 2))
  }
}
