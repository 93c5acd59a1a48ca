/// A campaign of schedules summed up as a run record.
import Episodes
import Machine
import Records

struct ExploreRecordBuilder {
  let configuration: ExploreConfiguration
  let totals: ChunkBoard.Totals
  let violation: RunRecord.Violation?
  let interrupted: Bool
  let exploredSeconds: Double
  let elapsedSeconds: Double

  func build() -> RunRecord {
    let verdict: RunRecord.Verdict =
      totals.harnessFault != nil ? .harnessFault : violation != nil ? .violation : .clean
    let checkers = totals.counters.checkerRows(
      micro: configuration.scenario == .micro ? totals.schedules : nil, isKernel: configuration.subject.isKernel,
      plainAccesses: configuration.subject.hasPlainAccesses)
    var record = RunRecord(
      .explore, configuration.subject, policy: configuration.policy, seed: configuration.seed,
      threads: configuration.threads)
    let hasPrivateMemory = configuration.subject.hasMirrorRoots
    record.operations = operations
    record.outcomes = totals.counters.outcomeRows
    if configuration.scenario != .micro { record.coverage = totals.counters.coverage(hasPrivateMemory) }
    // A named scenario is about one race: that it meets no other is no warning.
    if configuration.scenario == nil && verdict == .clean {
      record.coverageWarnings = totals.counters.notMet(hasPrivateMemory, threads: configuration.threads)
    }
    record.checkers = checkers
    record.violations = violation.map { [$0] } ?? []
    record.verdict = verdict
    record.scope = Self.scope(
      verdict, schedules: totals.schedules, threads: configuration.threads, checkers: checkers)
    record.interrupted = interrupted
    record.harnessFaults = totals.harnessFault.map { [$0] } ?? []
    record.timing = RunRecord.Timing(
      elapsedSeconds: elapsedSeconds,
      operationsPerSecond: exploredSeconds > 0 ? Double(operations) / exploredSeconds : 0,
      liveThreads: configuration.jobs, peakResidentBytes: ResidentMemory.peakBytes)
    record.exploration = RunRecord.Exploration(
      schedules: totals.schedules, distinctSchedules: totals.distinct.count,
      distinctIsExact: totals.distinct.isExact, newShare: totals.distinct.newShare,
      window: totals.distinct.windowSize, schedulePoints: totals.points,
      scenario: configuration.scenarioName, strategy: configuration.strategy.rawValue,
      operationsPerThread: configuration.operations, shard: configuration.shard?.text, sketch: totals.sketch?.text)
    if totals.cut > 0 { record.cut = .init(schedules: totals.cut) }
    return record
  }

  private var operations: UInt64 {
    configuration.scenario == .micro
      ? totals.schedules * UInt64(configuration.threads * configuration.operations) : totals.counters.operations
  }

  static func scope(
    _ verdict: RunRecord.Verdict, schedules: UInt64, threads: Int, checkers: [RunRecord.CheckerRow]
  ) -> String {
    let isOff = checkers.contains { $0.checker == CheckerID.race1.name && $0.checks == 0 }
    let all = "all checkers" + (isOff ? " but RACE-1" : "")
    return switch verdict {
    case .clean:
      "\(schedules) schedules of \(threads) threads, sequentially consistent, \(all) on; "
        + "sampled, not a proof"
    case .violation: "the first violation ended the run"
    case .harnessFault: "the harness failed; nothing is said about the protocol"
    }
  }
}
