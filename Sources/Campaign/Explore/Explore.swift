import Executions
import Foundation
import Records
import Synchronization

/// The engine that explores schedules, from a configuration to a record: run, and if a rule was broken, write it down,
/// minimise it, verify that it can be repeated.
public final class Explore: Sendable {
  public let configuration: ExploreConfiguration
  private let stateName: String
  private let stopRequested = Atomic(false)
  /// Of what is done with a failure.
  private let early = EarlyEnd()
  /// A campaign that has so many seconds gives what it has found so many more.
  private static let secondsForFailure = 60.0

  public convenience init(configuration: ExploreConfiguration) {
    self.init(configuration: configuration, stateName: RunState.processName)
  }

  /// - Parameter stateName: of the file that keeps the seed; no two runs at a time may have the same.
  package init(configuration: ExploreConfiguration, stateName: String) {
    self.stateName = stateName
    self.configuration = configuration
  }

  /// Asks a running exploration to end; safe from any thread and from a signal source. `run` then returns what ran so
  /// far.
  public func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    early.request()
  }

  /// Runs to the end of the configured length, to a violation, or to `requestStop`. Blocks the calling thread.
  /// - Parameters:
  ///   - progress: called about ten times a second.
  ///   - notice: called with a line for the user when something that the run can do without is missing.
  public func run(
    progress: @escaping (ExploreProgress) -> Void = { _ in }, notice: @escaping (String) -> Void = { _ in }
  ) -> RunRecord {
    let clock = StopWatch()
    let code = CodeCount(configuration.subject.kernel)
    var state: RunState?
    do {
      state = try RunState(command: RerunCommand.prefix(configuration), name: stateName)
    } catch {
      notice("the seed is not kept on disk: \(error.message)")
    }
    let workers = ChunkWorkers(configuration)
    func tell(_ phase: String?) {
      let totals = workers.board.totals
      progress(
        ExploreProgress(
          elapsedSeconds: clock.seconds, schedules: totals.schedules, distinct: totals.distinct.count,
          points: totals.points, phase: phase))
    }
    let isMade = workers.run {
      tell(nil)
      state?.begin(round: workers.board.firstInFlight)
      return !isOver(clock)
    }
    let explored = clock.seconds
    var totals = workers.board.totals
    if !isMade { totals.harnessFault = "no address space for the stacks of \(configuration.threads) threads" }
    var violation: RunRecord.Violation?
    if let failure = totals.failure, let episode = totals.failing, totals.harnessFault == nil {
      state?.begin(round: failure)
      if configuration.length.schedules == 0 { early.request(in: Self.secondsForFailure) }
      let report = FailureReport(
        configuration, schedule: failure, of: episode, from: totals.failingFrom, early: early, notice: notice,
        phase: { tell($0) }
      ).make(found: totals.violation)
      violation = report.violation
      totals.harnessFault = report.harnessFault
    } else if totals.schedules == 0 && (totals.cut > 0 || configuration.length.schedules == 0)
      && !stopRequested.load(ordering: .acquiring)
    {
      // Of so little time none may be left before the first piece is dealt.
      totals.harnessFault =
        "no schedule of \(configuration.threads) threads came to its end in time: give it more, or fewer threads or "
        + "operations"
    }
    early.retire()
    var record = ExploreRecordBuilder(
      configuration: configuration, totals: totals, violation: violation,
      interrupted: stopRequested.load(ordering: .acquiring), exploredSeconds: explored, elapsedSeconds: clock.seconds
    ).build()
    record.code = code?.result
    state?.close(keep: record.verdict != .clean)
    return record
  }

  private func isOver(_ clock: StopWatch) -> Bool {
    if stopRequested.load(ordering: .acquiring) { return true }
    if case .seconds(let seconds) = configuration.length { return clock.seconds >= seconds }
    return false
  }
}
