/// The engine of `stress matrix`: deals the plan's cells to workers, then races threads with each mutant.
///
/// What a cell shows follows from the configuration alone, so that the record is the same for any number of workers.
import Executions
import Foundation
import Records
import Synchronization

/// What a running matrix tells about itself.
package struct MatrixProgress: Sendable {
  package var elapsedSeconds: Double
  package var cells: Int
  package var totalCells: Int
  package var schedules: UInt64
  /// What it does at the moment, if not running cells.
  package var phase: String?
}

/// A matrix of campaigns: made from a configuration, run once.
package final class Matrix: Sendable {
  private struct Board {
    var next = 0
    var done = 0
    var results: [MatrixCellRunner.Result?]
    var failedWorkers = 0
  }

  package let configuration: MatrixConfiguration
  private let stateName: String
  private let plan: MatrixPlan
  private let board: Mutex<Board>
  private let schedules = Atomic<UInt64>(0)
  private let stopRequested = Atomic(false)
  private let early = EarlyEnd()
  private let soak = Mutex<Soak?>(nil)

  package convenience init(configuration: MatrixConfiguration) {
    self.init(configuration: configuration, stateName: RunState.processName)
  }

  /// - Parameter stateName: of the file that keeps the seed; no two runs at a time may have the same.
  package init(configuration: MatrixConfiguration, stateName: String) {
    self.stateName = stateName
    self.configuration = configuration
    plan = MatrixPlan(configuration)
    board = Mutex(Board(results: Array(repeating: nil, count: plan.tasks.count)))
  }

  /// Asks a running matrix to end; safe from any thread and from a signal source. `run` then returns what ran so far.
  package func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    early.request()
    soak.withLock { $0?.requestStop() }
  }

  private var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

  /// Runs every cell, or until `requestStop`. Blocks the calling thread.
  /// - Parameters:
  ///   - progress: called about ten times a second.
  ///   - notice: called with a line for the user when something that the run can do without is missing.
  package func run(
    progress: @escaping (MatrixProgress) -> Void = { _ in }, notice: @escaping (String) -> Void = { _ in }
  ) -> MatrixRecord {
    let clock = StopWatch()
    func tell(_ phase: String? = nil) {
      progress(
        MatrixProgress(
          elapsedSeconds: clock.seconds, cells: board.withLock { $0.done }, totalCells: plan.tasks.count,
          schedules: schedules.load(ordering: .relaxed), phase: phase))
    }
    runCells(states: openStates(notice)) { tell() }
    early.retire()
    let threadRuns = raceThreads { tell("threads with mutant \($0)") }
    var builder = MatrixRecordBuilder(configuration: configuration, plan: plan)
    (builder.results, builder.failedWorkers) = board.withLock { ($0.results, $0.failedWorkers) }
    builder.threadRuns = threadRuns
    builder.isInterrupted = isStopped
    return builder.build(elapsedSeconds: clock.seconds)
  }

  private var workers: Int { max(1, min(configuration.jobs, plan.tasks.count)) }

  // MARK: Cells

  /// One for each worker: what runs at the moment survives a crash.
  private func openStates(_ notice: (String) -> Void) -> [RunState?] {
    (0..<workers).map { worker in
      do throws(RunStateError) {
        return try RunState(command: "", name: "\(stateName)-\(worker + 1)")
      } catch {
        // Once: the others fail for the same reason.
        if worker == 0 { notice("the cells that run are not kept on disk: \(error.message)") }
        return nil
      }
    }
  }

  private func runCells(states: [RunState?], tick: () -> Void) {
    let boxes = states.map(StateBox.init)
    WorkerThreads.run(count: boxes.count, work: { [self] in work(boxes[$0]) }, tick: tick)
  }

  private func work(_ box: StateBox) {
    defer { box.state?.close(keep: false) }
    while let index = take() {
      let runner = MatrixCellRunner(
        matrix: configuration, task: plan.tasks[index], early: early,
        goesOn: { [self] count in
          schedules.add(count, ordering: .relaxed)
          return !isStopped
        },
        begin: box.begin)
      let result = runner.run()
      board.withLock {
        $0.results[index] = result
        $0.done += 1
      }
    }
  }

  private func take() -> Int? {
    guard !isStopped else { return nil }
    return board.withLock { board in
      guard board.next < board.results.count else { return nil }
      board.next += 1
      return board.next - 1
    }
  }

  // MARK: Threads

  private func raceThreads(_ tell: (String) -> Void) -> [MatrixRecord.ThreadRun] {
    guard configuration.threadSeconds > 0 else { return [] }
    return plan.threadRuns.map { mutant, mayMiss in
      var run = MatrixRecord.ThreadRun(
        mutant: mutant.rawValue, policy: "", outcome: MatrixRecord.ThreadRun.skipped, rounds: 0, seconds: 0,
        mayMiss: mayMiss)
      if mayMiss != nil && configuration.isQuick { return run }
      run.outcome = MatrixRecord.Cell.unfinished
      guard !isStopped else { return run }
      tell(mutant.rawValue)
      let soak = Soak(configuration: MatrixRecordBuilder.soak(mutant, configuration), stateName: stateName)
      self.soak.withLock { $0 = soak }
      defer { self.soak.withLock { $0 = nil } }
      // The request may have come before there was a soak to pass it to.
      if isStopped { return run }
      let record = soak.run()
      RunState.removeKept(stateName)
      run.policy = record.policy
      run.rounds = record.rounds
      run.seconds = record.timing.elapsedSeconds
      switch record.verdict {
      case .violation: run.outcome = record.violations.first?.checker ?? MatrixRecord.Cell.fault
      case .harnessFault: run.outcome = MatrixRecord.Cell.fault
      case .clean where !record.interrupted: run.outcome = MatrixRecord.ThreadRun.survived
      case .clean: break
      }
      return run
    }
  }
}

/// A worker's own file, handed to its thread.
private final class StateBox: @unchecked Sendable {
  private(set) var state: RunState?
  private var command = ""

  init(_ state: RunState?) { self.state = state }

  func begin(_ configuration: ExploreConfiguration, _ schedule: UInt64) {
    let command = RerunCommand.prefix(configuration)
    if command != self.command {
      state?.restart(command: command)
      self.command = command
    }
    state?.begin(round: schedule)
  }
}
