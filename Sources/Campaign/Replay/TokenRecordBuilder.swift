/// The record of a run that is about one token.
import Episodes
import Executions
import KernelMMU
import Machine
import Records

extension Violation {
  /// Stands in where a token's rule was not broken: what the interleaving is about.
  static func none(_ token: Token) -> Violation {
    let first = token.episode.threads.first?.first
    return Violation(
      checker: token.checker, task: 0, operation: first?.operation ?? .fault, gfn: first?.range.lowerBound ?? 0,
      level: 1, expected: "", seen: "", entry: 0, stamp: .max)
  }
}

struct TokenRecordBuilder {
  let token: Token
  let kernel: KernelSubject?
  let engine: Engine
  let clock: StopWatch

  init(_ token: Token, _ kernel: KernelSubject?, engine: Engine, clock: StopWatch) {
    self.token = token
    self.kernel = kernel
    self.engine = engine
    self.clock = clock
  }

  func failed(_ fault: String) -> RunRecord {
    var record = empty(.harnessFault, "nothing is said about the protocol")
    record.harnessFaults = [fault]
    return record
  }

  /// Not waited for: nothing is known.
  func cut() -> RunRecord { empty(.clean, "the schedule did not come to its end") }

  /// - Parameter counters: of one execution, the token's.
  func build(
    _ finding: Finding, _ counters: RunCounters, isBroken: Bool, interleaving: Interleaving?,
    reproduction: RunRecord.Reproduction? = nil
  ) -> RunRecord {
    var record = empty(isBroken ? .violation : .clean, "one schedule of one episode, sequentially consistent")
    record.replay = RunRecord.Replay(
      token: token.text, scenario: token.episode.scenario, expectedChecker: token.checker.name,
      expectedEventHash: SeedText.format(token.eventHash), eventHash: SeedText.format(finding.eventHash),
      size: finding.size, interleaving: interleaving)
    record.checkers = counters.checkerRows(
      micro: token.episode.subject == .micro ? 1 : nil, isKernel: kernel != nil,
      plainAccesses: kernel?.plainAccesses ?? false)
    if isBroken {
      record.violations = [
        .of(finding, command: RerunCommand.replay(token, kernel), kernel: kernel, reproduction: reproduction)
      ]
    }
    return record
  }

  private func empty(_ verdict: RunRecord.Verdict, _ scope: String) -> RunRecord {
    var record = RunRecord(
      engine, Subject(token.protocolName, token.mutant, kernel), policy: token.episode.policy,
      threads: token.episode.threads.count)
    record.operations = UInt64(token.episode.operations)
    record.verdict = verdict
    record.scope = scope
    record.timing = RunRecord.Timing(
      elapsedSeconds: clock.seconds, liveThreads: 1, peakResidentBytes: ResidentMemory.peakBytes)
    return record
  }
}
