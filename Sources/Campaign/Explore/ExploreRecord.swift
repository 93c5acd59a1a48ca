/// A campaign of schedules summed up as a run record.
import Episodes
import Machine
import Records

struct ExploreRecord {
  let configuration: ExploreConfiguration
  let totals: Merge.Totals
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
      protocol: configuration.subject.name,
      mutant: configuration.mutant?.rawValue,
      policy: configuration.policy.rawValue, seed: SeedText.format(configuration.seed), threads: configuration.threads,
      mix: [:], busyPercent: 0, perturb: Perturbation.off.rawValue, memoryGiB: 0, rounds: 0, operations: operations,
      workload: SeedText.format(0), outcomes: outcomes(), coverage: coverage(),
      coverageWarnings: coverageWarnings(verdict),
      checkers: checkers,
      violations: violation.map { [$0] } ?? [],
      verdict: verdict,
      scope: Self.scope(
        verdict, schedules: totals.schedules, threads: configuration.threads, checkers: checkers),
      interrupted: interrupted,
      harnessFaults: totals.harnessFault.map { [$0] } ?? [],
      timing: RunRecord.Timing(
        elapsedSeconds: elapsedSeconds,
        operationsPerSecond: exploredSeconds > 0 ? Double(operations) / exploredSeconds : 0,
        liveThreads: configuration.jobs, latencies: [], peakResidentBytes: ResidentMemory.peakBytes),
      exploration: RunRecord.Exploration(
        schedules: totals.schedules, distinctSchedules: totals.distinct.count,
        distinctIsExact: totals.distinct.isExact, newShare: totals.distinct.newShare,
        window: totals.distinct.windowSize, schedulePoints: totals.points,
        scenario: configuration.scenario?.rawValue ?? "all", strategy: configuration.strategy.rawValue,
        operationsPerThread: configuration.operations, shard: configuration.shard?.text,
        sketch: totals.sketch?.text))
    record.engine = "explore"
    if totals.cut > 0 { record.cut = .init(schedules: totals.cut) }
    record.note(configuration.kernel)
    return record
  }

  private var operations: UInt64 {
    configuration.scenario == .micro
      ? totals.schedules * UInt64(configuration.threads * configuration.operations) : totals.counters.operations
  }

  private func outcomes() -> [RunRecord.OutcomeRow] {
    Operation.allCases.flatMap { operation -> [RunRecord.OutcomeRow] in
      let counts = Outcome.allCases.map { outcome in
        (
          outcome,
          totals.counters.outcomes[
            Int(operation.rawValue) * Outcome.allCases.count + Int(outcome.rawValue)]
        )
      }
      let total = counts.reduce(0) { $0 + $1.1 }
      return counts.filter { $0.1 > 0 }.map { outcome, count in
        RunRecord.OutcomeRow(
          operation: operation.name, outcome: outcome.name, count: count, share: Double(count) / Double(total),
          grade: outcome.grade.rawValue, sentence: outcome.sentence)
      }
    }
  }

  private func coverage() -> [String: UInt64] {
    guard configuration.scenario != .micro else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: coverageCases.map { ($0.name, totals.counters.coverage[Int($0.rawValue)]) })
  }

  private var coverageCases: [Coverage] {
    Coverage.rows(hasPrivateMemory: configuration.subject.hasMirrorRoots)
  }

  /// A named scenario is about one race: that it meets no other is no warning.
  private func coverageWarnings(_ verdict: RunRecord.Verdict) -> [String] {
    guard configuration.scenario == nil, verdict == .clean else { return [] }
    return coverageCases.filter { row in
      (configuration.threads > 1 || !row.needsTwoThreads) && totals.counters.coverage[Int(row.rawValue)] == 0
    }.map(\.name)
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
