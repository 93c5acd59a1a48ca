/// A soak's world summed up as a run record.
import Episodes
import Executions
import Machine
import Records

struct SoakRecordBuilder {
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
    let counters = RunCounters(world.suite, world.machine, configuration.threads)
    let hasPrivateMemory = configuration.subject.hasMirrorRoots
    var record = RunRecord(configuration)
    record.mix = Dictionary(
      uniqueKeysWithValues: Operation.allCases.map { ($0.name, configuration.mix.weights[Int($0.rawValue)]) })
    record.rounds = rounds
    record.operations = counters.operations
    record.workload = SeedText.format(workload)
    record.outcomes = counters.outcomeRows
    record.coverage = counters.coverage(hasPrivateMemory)
    record.coverageWarnings = counters.notMet(hasPrivateMemory, threads: configuration.threads)
    record.checkers = counters.checkerRows(
      micro: nil, isKernel: configuration.subject.isKernel, plainAccesses: false)
    record.violations = violations()
    record.verdict = verdict
    record.scope = scope(verdict)
    record.interrupted = interrupted
    record.harnessFaults = harnessFaults
    record.timing = RunRecord.Timing(
      elapsedSeconds: elapsedSeconds,
      operationsPerSecond: elapsedSeconds > 0 ? Double(counters.operations) / elapsedSeconds : 0,
      liveThreads: liveThreads, latencies: world.latencies.rows(nanosecondsPerCycle: nanosecondsPerCycle),
      peakResidentBytes: ResidentMemory.peakBytes)
    if cutOperations > 0 { record.cut = .init(operations: cutOperations) }
    return record
  }

  private func violations() -> [RunRecord.Violation] {
    guard let violation else { return [] }
    return [
      RunRecord.Violation(
        checker: violation.checker.name, rule: violation.checker.rule,
        thread: atBarrier || inSetUp ? -1 : violation.task,
        operation: atBarrier ? "" : violation.operation.name, gfn: violation.gfn.hex,
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
