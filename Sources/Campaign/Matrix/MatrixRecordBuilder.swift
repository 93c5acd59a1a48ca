/// The results of a matrix put together, and compared with what is expected.
import Episodes
import Executions
import MirrorMMU
import Records
import Scheduling

struct MatrixRecordBuilder {
  /// Live threads of a soak with a mutant: few, so that a machine of few processors runs many rounds.
  static let soakThreads = 8
  /// Seconds beyond the limit in which a soak comes to its end: rounds that hang are given up later than that.
  private static let grace = 10.0

  let configuration: MatrixConfiguration
  let plan: MatrixPlan
  /// By cell of the plan; nil for one that was not begun.
  var results: [MatrixCellRunner.Result?] = []
  var threadRuns: [MatrixRecord.ThreadRun] = []
  var failedWorkers = 0
  var isInterrupted = false

  init(configuration: MatrixConfiguration, plan: MatrixPlan) {
    self.configuration = configuration
    self.plan = plan
  }

  static func soak(_ mutant: Mutant, _ matrix: MatrixConfiguration) -> SoakConfiguration {
    var result = SoakConfiguration(
      threads: soakThreads, length: .seconds(matrix.threadSeconds), seed: matrix.seed, mutant: mutant,
      policy: mutant.policy)
    result.bridges = false
    return result
  }

  func build(elapsedSeconds: Double) -> MatrixRecord {
    let all = zip(plan.tasks, results).map { task, result in result?.cell ?? task.notBegun(configuration) }
    let cells = Array(all.prefix(plan.protocolTasks.count))
    let mutantCells = Array(all.dropFirst(plan.protocolTasks.count))
    let differences =
      cells.compactMap { difference($0, plan.protocolTasks) } + mutants.flatMap { mutantDifferences($0, mutantCells) }
    let faults = results.compactMap { $0?.harnessFault }
    // The kernel has fewer scenarios and one policy; the axes are those of all columns.
    let tasks = plan.protocolTasks
    var record = MatrixRecord(
      seed: SeedText.format(configuration.seed), threads: configuration.threads,
      operationsPerThread: configuration.operations, quick: configuration.isQuick)
    record.protocols = Self.once(tasks.map(\.column))
    record.scenarios = configuration.scenarios.filter { name in tasks.contains { $0.scenario == name } }
      .map(\.rawValue)
    record.policies = configuration.policies.filter { policy in tasks.contains { $0.policy == policy } }
      .map(\.rawValue)
    record.mutants = mutants.map(\.rawValue)
    record.strategies = mutantCells.isEmpty ? [] : strategies
    record.cells = cells
    record.mutantCells = mutantCells
    record.differences = differences
    record.harnessFaults = faults
    record.schedules = all.reduce(0) { $0 + $1.schedules }
    record.distinctSchedules = all.reduce(0) { $0 + $1.distinctSchedules }
    record.interrupted = isInterrupted
    record.verdict = !faults.isEmpty ? .harnessFault : differences.isEmpty ? .asExpected : .differs
    record.timing = .init(elapsedSeconds: elapsedSeconds, jobs: configuration.jobs, threadRuns: threadRuns)
    if tasks.contains(where: { $0.kernel != nil }) { record.kernel = configuration.kernel.map { .init($0) } }
    record.build = .current
    return record
  }

  private var strategies: [String] {
    StrategyName.allCases.map(\.rawValue) + (configuration.executionsOfAPair > 0 ? [MatrixRecord.Cell.exhaust] : [])
  }

  private static func once(_ names: [String]) -> [String] {
    names.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  private var mutants: [Mutant] { plan.threadRuns.map(\.mutant) }

  // MARK: Differences

  private func difference(_ cell: MatrixRecord.Cell, _ tasks: [MatrixPlan.Task]) -> MatrixRecord.Difference? {
    guard isKnown(cell), !cell.isAsExpected else { return nil }
    return difference(cell)
  }

  /// The default strategy must catch a mutant, and so must the search of every pair; whichever does must do it by an
  /// expected checker.
  private func mutantDifferences(_ mutant: Mutant, _ cells: [MatrixRecord.Cell]) -> [MatrixRecord.Difference] {
    let own = cells.filter { cell in
      cell.mutant == mutant.rawValue && isKnown(cell) && !cell.isAsExpected
        && (cell.isBroken || cell.mustCatch)
    }
    return own.map(difference)
      + threadRuns.filter { $0.mutant == mutant.rawValue }.compactMap { difference($0, mutant) }
  }

  private func isKnown(_ cell: MatrixRecord.Cell) -> Bool { cell.isBroken || cell.outcome == MatrixRecord.Cell.clean }

  private func difference(_ cell: MatrixRecord.Cell) -> MatrixRecord.Difference {
    let survived = cell.mutant == nil ? MatrixRecord.Cell.clean : MatrixRecord.ThreadRun.survived
    return MatrixRecord.Difference(
      cell: cell.name, expected: cell.expected, seen: cell.isBroken ? cell.outcome : survived,
      command: cell.failure?.command ?? campaign(cell), token: cell.failure?.token ?? "")
  }

  /// The command of a cell in which no rule was broken.
  private func campaign(_ cell: MatrixRecord.Cell) -> String {
    guard let task = plan.tasks.first(where: { $0.name == cell.name }) else { return "" }
    return task.isExhaustive
      ? RerunCommand.search(task.search(of: configuration))
      : RerunCommand.campaign(task.exploration(of: configuration))
  }

  private func difference(_ run: MatrixRecord.ThreadRun, _ mutant: Mutant) -> MatrixRecord.Difference? {
    let expected = configuration.expectations.checkers(mutant)
    let isLate = run.seconds > configuration.threadSeconds + Self.grace
    switch run.outcome {
    case MatrixRecord.ThreadRun.skipped, MatrixRecord.Cell.unfinished, MatrixRecord.Cell.fault: return nil
    case MatrixRecord.ThreadRun.survived: if run.mayMiss != nil { return nil }
    default: if expected.contains(run.outcome) && (!isLate || run.mayMiss != nil) { return nil }
    }
    let soak = Self.soak(mutant, configuration)
    return MatrixRecord.Difference(
      cell: "mutant \(run.mutant), threads", expected: expected,
      seen: isLate && run.isBroken ? "\(run.outcome) after the time was over" : run.outcome,
      command: RerunCommand.campaign(soak), token: "")
  }
}

extension MatrixPlan.Task {
  fileprivate func notBegun(_ matrix: MatrixConfiguration) -> MatrixRecord.Cell {
    MatrixCellRunner(matrix: matrix, task: self, early: EarlyEnd(), goesOn: { _ in false }, begin: { _, _ in }).notBegun
  }

  /// As the task's cell is called.
  fileprivate var name: String {
    mutant.map { "mutant \($0.rawValue), strategy \(strategyName)" }
      ?? "protocol \(column), policy \(policy.rawValue), "
      + "scenario \(scenario?.rawValue ?? "all")"
  }
}
