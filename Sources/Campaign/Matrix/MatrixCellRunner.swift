/// Runs one cell on the calling thread: a campaign of schedules up to its end or to the first broken rule.
import Episodes
import Executions
import Records

struct MatrixCellRunner {
  let matrix: MatrixConfiguration
  let task: MatrixPlan.Task
  let early: EarlyEnd
  /// Called between episodes with the schedules run since the last call; false ends the cell.
  let goesOn: (UInt64) -> Bool
  /// Names the schedule that is about to run, where a crash leaves it.
  let begin: (ExploreConfiguration, UInt64) -> Void

  struct Result {
    var cell: MatrixRecord.Cell
    var harnessFault: String?
  }

  func run() -> Result {
    if task.isExhaustive { return search() }
    let configuration = task.exploration(of: matrix)
    var result = Result(cell: notBegun)
    func failed(_ fault: String) -> Result {
      result.cell.outcome = MatrixRecord.Cell.fault
      result.harnessFault = "\(result.cell.name): \(fault)"
      return result
    }

    guard let totals = explore(configuration) else { return failed("no address space for its threads' stacks") }
    result.cell.schedules = totals.schedules
    result.cell.distinctSchedules = totals.distinct.count
    if let fault = totals.harnessFault { return failed(fault) }
    guard let failure = totals.failure, let episode = totals.failing else {
      result.cell.outcome =
        totals.schedules < task.limit ? MatrixRecord.Cell.unfinished : MatrixRecord.Cell.clean
      return result
    }
    begin(configuration, failure)
    let report = FailureReport(
      configuration, schedule: failure, of: episode, from: totals.failingFrom, early: early, notice: { _ in },
      phase: { _ in }
    ).make(found: nil)
    if early.isCut {
      result.cell.outcome = MatrixRecord.Cell.unfinished
      return result
    }
    guard let violation = report.violation, let reproduction = violation.reproduction else {
      return failed(report.harnessFault ?? "schedule \(failure) failed and cannot be told")
    }
    result.cell.outcome = violation.checker
    if violation.moment == .setUp {
      result.cell.failure = self.failure(failure, reproduction, token: "", violation.command)
      return result
    }
    // What is shown is the text, so that has to lead back to the execution too.
    let isReadable = (try? Token(parsing: reproduction.token))?.text == reproduction.token
    let isVerified = isReadable && reproduction.verified == reproduction.replays
    result.cell.failure = self.failure(
      failure, reproduction, token: isVerified ? reproduction.token : "", violation.command)
    if !isVerified {
      result.harnessFault =
        "\(result.cell.name): schedule \(failure) broke \(violation.checker), and did in "
        + "\(reproduction.verified) of \(reproduction.replays) replays"
        + (isReadable ? "" : "; its token cannot be read")
    }
    return result
  }

  func failure(
    _ schedule: UInt64, _ reproduction: RunRecord.Reproduction, token: String, _ command: String
  ) -> MatrixRecord.Failure {
    MatrixRecord.Failure(
      schedule: schedule, token: token, eventHash: reproduction.eventHash, found: reproduction.found,
      minimized: reproduction.minimized, verified: reproduction.verified, replays: reproduction.replays,
      command: command, interleaving: reproduction.interleaving?.condensed())
  }

  private func explore(_ configuration: ExploreConfiguration) -> ChunkBoard.Totals? {
    guard let runner = ChunkRunner(configuration, early: early) else { return nil }
    guard runner.world.scheduler.registerThread() else { return nil }
    defer { runner.world.scheduler.unregisterThread() }
    let board = ChunkBoard(configuration)
    while let piece = board.take() {
      var isWanted = true
      let results = runner.run(
        piece, of: board, begin: { begin(configuration, $0) },
        goesOn: {
          isWanted = goesOn($0)
          return isWanted
        })
      board.give(piece, results)
      if !isWanted { board.stop() }
    }
    return board.totals
  }

  /// The cell before its first schedule.
  var notBegun: MatrixRecord.Cell {
    MatrixRecord.Cell(
      protocol: task.column, mutant: task.mutant?.rawValue, policy: task.policy.rawValue,
      scenario: task.scenario?.rawValue ?? (task.isExhaustive ? MatrixRecord.Cell.pairs : "all"),
      strategy: task.strategyName, limit: task.limit, schedules: 0,
      distinctSchedules: 0, outcome: MatrixRecord.Cell.unfinished, expected: task.expected, reason: task.reason,
      failure: nil)
  }
}

extension MatrixRecord.Cell {
  /// As it stands in a difference.
  var name: String {
    mutant.map { "mutant \($0), strategy \(strategy)" }
      ?? "protocol \(`protocol`), policy \(policy), scenario \(scenario)"
  }
}
