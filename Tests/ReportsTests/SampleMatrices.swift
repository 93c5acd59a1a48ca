import Records

/// Hand-made records of `stress matrix`.
enum SampleMatrices {
  private static let size = RunRecord.Size(operations: 2, threads: 2, steps: 23, preemptions: 1)

  private static func failure(_ schedule: UInt64, token: String = SampleExplorations.token) -> MatrixRecord.Failure {
    .init(
      schedule: schedule, token: token, eventHash: SampleExplorations.hash, found: size, minimized: nil,
      verified: token.isEmpty ? 2 : 3, replays: 3,
      command: "stress explore --seed 0x0000000000000001 --schedules 16 --first-schedule \(schedule)")
  }

  private static func cell(
    _ name: String, _ policy: String, _ scenario: String, _ outcome: String = "OK", expected: [String] = ["OK"],
    schedules: UInt64 = 34_000, failure: MatrixRecord.Failure? = nil
  ) -> MatrixRecord.Cell {
    .init(
      protocol: name, mutant: nil, policy: policy, scenario: scenario, strategy: "portfolio", limit: 34_000,
      schedules: schedules, distinctSchedules: schedules / 2, outcome: outcome, expected: expected,
      reason: expected == ["OK"] ? nil : "docs/protocols.md", failure: failure)
  }

  private static func caught(
    _ mutant: String, _ strategy: String, _ outcome: String, _ expected: String, schedule: UInt64 = 16
  ) -> MatrixRecord.Cell {
    .init(
      protocol: "mainline", mutant: mutant, policy: "4k", scenario: "lockless", strategy: strategy, limit: 20_000,
      schedules: outcome == "OK" ? 20_000 : schedule, distinctSchedules: 9, outcome: outcome, expected: [expected],
      reason: nil, failure: outcome == "OK" ? nil : failure(schedule))
  }

  private static let scenarios = ["fault-neighbours", "random"]
  private static let strategies = [
    "portfolio", "random-walk", "pos", "pct-2", "pct-3", "pct-4", "pct-changes-2", "pct-changes-3", "pct-changes-4",
    "round-robin",
  ]

  /// As many protocols as need two tables, a failing cell and an expected KVM_BUG_ON, mutants and threads.
  static var asExpected: MatrixRecord {
    let protocols = (1...17).map { "protocol-\($0)" }
    var cells = protocols.flatMap { name in
      ["4k", "huge"].flatMap { policy in scenarios.map { cell(name, policy, $0) } }
    }
    cells[1] = cell("protocol-1", "4k", "random", "CNT-1", expected: ["CNT-1"], schedules: 12, failure: failure(12))
    cells[2] = cell(
      "protocol-1", "huge", "fault-neighbours", "BUG-1", expected: ["BUG-1", "EQ-1"], schedules: 870,
      failure: failure(870))
    let mutants =
      strategies.map { caught("thaw-first", $0, "ORD-2", "ORD-2") }
      + strategies.map { caught("lost-zap", $0, $0 == "pct-2" ? "OK" : "MAP-1", "MAP-1", schedule: 1_676) }
    var record = MatrixRecord(seed: "0x0000000000000001", threads: 3, operationsPerThread: 3, quick: false)
    record.protocols = protocols
    record.scenarios = scenarios
    record.policies = ["4k", "huge"]
    record.mutants = ["thaw-first", "lost-zap"]
    record.strategies = strategies
    record.cells = cells
    record.mutantCells = mutants
    record.schedules = 2_312_345
    record.distinctSchedules = 1_900_000
    record.timing = .init(
      elapsedSeconds: 61, jobs: 2,
      threadRuns: [
        .init(mutant: "thaw-first", policy: "4k", outcome: "ORD-2", rounds: 0, seconds: 0.04, mayMiss: nil),
        .init(mutant: "lost-zap", policy: "4k", outcome: "skipped", rounds: 0, seconds: 0, mayMiss: "narrow"),
      ])
    return record
  }

  /// One cell of each kind of difference.
  static var differing: MatrixRecord {
    var record = asExpected
    record.protocols = ["chokepoint", "mainline"]
    record.policies = ["4k"]
    record.cells = [
      cell("chokepoint", "4k", "fault-neighbours", expected: ["CNT-1", "EQ-1"], schedules: 1_000_000),
      cell("chokepoint", "4k", "random", "CNT-1", expected: ["CNT-1"], schedules: 4, failure: failure(4)),
      cell("mainline", "4k", "fault-neighbours", "DUP-1", schedules: 33, failure: failure(33)),
      cell("mainline", "4k", "random"),
    ]
    record.mutants = ["thaw-first"]
    record.strategies = ["portfolio", "pos"]
    record.mutantCells = [
      caught("thaw-first", "portfolio", "OK", "ORD-2"), caught("thaw-first", "pos", "LIV-1", "ORD-2"),
    ]
    record.timing.threadRuns = [
      .init(mutant: "thaw-first", policy: "4k", outcome: "survived", rounds: 90, seconds: 30, mayMiss: nil)
    ]
    let command = "stress explore --seed 0x0000000000000001"
    record.differences = [
      .init(
        cell: "protocol chokepoint, policy 4k, scenario fault-neighbours", expected: ["CNT-1", "EQ-1"], seen: "OK",
        command: command, token: ""),
      .init(
        cell: "protocol mainline, policy 4k, scenario fault-neighbours", expected: ["OK"], seen: "DUP-1",
        command: failure(33).command, token: failure(33).token),
      .init(
        cell: "mutant thaw-first, strategy portfolio", expected: ["ORD-2"], seen: "survived", command: command,
        token: ""),
    ]
    record.verdict = .differs
    return record
  }

  /// Ended by a signal: one cell done, one cut short, one not begun.
  static var interrupted: MatrixRecord {
    var record = differing
    record.cells = [
      cell("chokepoint", "4k", "fault-neighbours"),
      cell("chokepoint", "4k", "random", "unfinished", schedules: 1_234),
      cell("mainline", "4k", "fault-neighbours", "unfinished", schedules: 0),
      cell("mainline", "4k", "random", "unfinished", schedules: 0),
    ]
    record.mutants = []
    record.mutantCells = []
    record.timing.threadRuns = []
    record.differences = []
    record.interrupted = true
    record.verdict = .asExpected
    return record
  }

  /// A token that could not be repeated, and a world that could not be had.
  static var fault: MatrixRecord {
    var record = interrupted
    record.cells[0] = cell(
      "chokepoint", "4k", "fault-neighbours", "CNT-1", expected: ["CNT-1"], failure: failure(7, token: ""))
    record.cells[1] = cell("chokepoint", "4k", "random", "harness fault", schedules: 0)
    record.harnessFaults = [
      "protocol chokepoint, policy 4k, scenario fault-neighbours: schedule 7 broke CNT-1, and did in 2 of 3 replays",
      "protocol chokepoint, policy 4k, scenario random: no address space\nfor its threads' stacks",
    ]
    record.interrupted = false
    record.verdict = .harnessFault
    return record
  }
}
