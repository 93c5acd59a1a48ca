/// A soak's world summed up as a run record.
import Episodes
import Executions
import Machine
import Records

struct RecordBuilder {
  let world: SoakWorld
  let rounds: UInt64
  let workload: UInt64
  let violation: Violation?
  /// The round in which the violation fell.
  let violationRound: UInt64
  /// True if it was found at the barrier, by no thread in particular.
  let atBarrier: Bool
  /// True if it was found before the round's threads were let in.
  let inSetUp: Bool
  let interrupted: Bool
  let harnessFaults: [String]
  let elapsedSeconds: Double
  let nanosecondsPerCycle: Double
  let liveThreads: Int
  let cutOperations: UInt64

  func build() -> RunRecord {
    let configuration = world.configuration
    let verdict: RunRecord.Verdict =
      violation != nil ? .violation : harnessFaults.isEmpty ? .clean : .harnessFault
    var record = RunRecord(
      protocol: configuration.subject.name,
      mutant: configuration.mutant?.rawValue,
      policy: configuration.policy.rawValue, seed: SeedText.format(configuration.seed), threads: configuration.threads,
      mix: Dictionary(
        uniqueKeysWithValues: Operation.allCases.map { ($0.name, configuration.mix.weights[Int($0.rawValue)]) }),
      busyPercent: configuration.busyPercent, perturb: configuration.perturbation.rawValue,
      memoryGiB: configuration.memoryGiB, rounds: rounds, operations: operations,
      workload: SeedText.format(workload), outcomes: outcomes(), coverage: coverage(),
      coverageWarnings: coverageWarnings(), checkers: checkers(), violations: violations(), verdict: verdict,
      scope: scope(verdict), interrupted: interrupted, harnessFaults: harnessFaults,
      timing: RunRecord.Timing(
        elapsedSeconds: elapsedSeconds,
        operationsPerSecond: elapsedSeconds > 0 ? Double(operations) / elapsedSeconds : 0,
        liveThreads: liveThreads, latencies: world.latencies.rows(nanosecondsPerCycle: nanosecondsPerCycle),
        peakResidentBytes: ResidentMemory.peakBytes))
    if cutOperations > 0 { record.cut = .init(operations: cutOperations) }
    record.note(configuration.kernel)
    return record
  }

  private func sum(_ value: (Task) -> UInt64) -> UInt64 {
    (0..<world.configuration.threads).reduce(0) { $0 + value(world.machine.pointee.tasks[$1].pointee) }
  }

  private func outcomes() -> [RunRecord.OutcomeRow] {
    Operation.allCases.flatMap { operation -> [RunRecord.OutcomeRow] in
      let counts = Outcome.allCases.map { outcome in
        (outcome, sum { $0.outcomes[Int(operation.rawValue) * Outcome.allCases.count + Int(outcome.rawValue)] })
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
    Dictionary(
      uniqueKeysWithValues: coverageCases.map { row in
        (row.name, sum { $0.coverage[Int(row.rawValue)] })
      })
  }

  private var coverageCases: [Coverage] {
    Coverage.rows(hasPrivateMemory: world.configuration.subject.hasMirrorRoots)
  }

  private func coverageWarnings() -> [String] {
    coverageCases.filter { row in
      (world.configuration.threads > 1 || !row.needsTwoThreads) && sum { $0.coverage[Int(row.rawValue)] } == 0
    }.map(\.name)
  }

  private func checkers() -> [RunRecord.CheckerRow] {
    let isKernel = world.configuration.subject.isKernel
    return CheckerID.allCases.filter { (isKernel || !$0.needsKernel) && !$0.needsPlainAccesses }.map { checker in
      RunRecord.CheckerRow(
        checker: checker.name, rule: checker.rule, checks: world.suite.pointee.checks(checker) &+ inPlace(checker))
    }
  }

  /// Rules that are checked where they apply, not by the suite.
  private func inPlace(_ checker: CheckerID) -> UInt64 {
    switch checker {
    case .lck1: sum { $0.lockAssertions }
    case .bug1: sum { $0.bugConditions }
    case .rcu1: sum { $0.tableFrees }
    case .tlb1: sum { $0.translations }
    case .lst1: sum { $0.audits }
    case .tlb2: sum { $0.flushDebts }
    // Every operation that ended has kept the rule; the watchdog looks at those that have not.
    case .liv1, .oops1, .hang1, .mem1: operations
    default: 0
    }
  }

  private var operations: UInt64 {
    sum { task in
      (0..<(Operation.allCases.count * Outcome.allCases.count)).reduce(0) { $0 + task.outcomes[$1] }
    }
  }

  private func violations() -> [RunRecord.Violation] {
    guard let violation else { return [] }
    return [
      RunRecord.Violation(
        checker: violation.checker.name, rule: violation.checker.rule,
        thread: atBarrier || inSetUp ? -1 : violation.task,
        operation: atBarrier ? "" : violation.operation.name, gfn: LastEvents.text(violation.gfn),
        level: violation.level, expected: violation.expected, seen: violation.seen, round: violationRound,
        command: RerunCommand.round(violationRound, of: world.configuration),
        events: LastEvents.gather(world.machine, violation), moment: inSetUp ? .setUp : atBarrier ? .rest : .race)
    ]
  }

  private func scope(_ verdict: RunRecord.Verdict) -> String {
    switch verdict {
    case .clean:
      "\(rounds) rounds of \(world.configuration.threads) racing threads, all checkers on; sampled, not a proof"
    case .violation: "the first violation ended the run"
    case .harnessFault: "the harness failed; nothing is said about the protocol"
    }
  }
}
