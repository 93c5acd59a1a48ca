import Episodes
import Executions
import KernelMMU
import Machine
import Records

/// The record of a run whose process has died: the finding, and nothing of what it had counted.
package struct DeathRecord {
  private let kernel: KernelSubject
  private let engine: Engine
  private let signal: String
  private let clock = StopWatch()

  /// - Parameter signal: what ended the process, by its name.
  package init(_ kernel: KernelSubject, engine: Engine, signal: String) {
    self.kernel = kernel
    self.engine = engine
    self.signal = signal
  }

  /// - Parameters:
  ///   - seed: of the campaign; nil for a run on a token.
  package func build(_ death: Postmortem.Death, seed: UInt64?, noted: CodeFault?) -> RunRecord {
    let episode = death.token.episode
    let violation = Violation(
      checker: .oops1, task: death.last.task, operation: death.last.operation, gfn: death.last.gfn, level: 0,
      expected: Self.expected, seen: seen(noted), entry: 0, stamp: 0)
    var finding = Finding(
      episode: episode, schedule: death.token.schedule, violation: violation, eventHash: death.token.eventHash,
      steps: death.steps, preemptions: death.preemptions, isAtRest: death.steps == 0)
    finding.isInSetUp = death.isInSetUp
    let reproduction = RunRecord.Reproduction(
      token: death.isInSetUp ? "" : death.token.text, scenario: episode.scenario, schedule: death.schedule,
      found: finding.size,
      minimized: nil, minimizingExecutions: 0, isMinimal: false, eventHash: SeedText.format(death.token.eventHash),
      verified: death.verified, replays: FailurePipeline.replays, interleaving: nil)
    var record = TokenRecordBuilder(death.token, kernel, engine: engine, clock: clock).build(
      finding, RunCounters(), isBroken: true, interleaving: nil, reproduction: reproduction)
    // Before any thread runs there is no schedule to replay.
    if death.isInSetUp { record.violations[0].command = "" }
    record.checkers = []
    record.scope = Self.scope
    if let seed {
      record.seed = SeedText.format(seed)
      record.replay = nil

    }
    return record
  }

  /// What threads did to their process: no schedule is known, but the round.
  /// - Parameter repeats: the round, run again alone, has done it again.
  /// - Returns: nil if nothing says that the kernel has a part in it.
  package func build(
    _ configuration: SoakConfiguration, process: Int32, noted: CodeFault?, repeats: (_ command: String) -> Bool
  ) -> RunRecord? {
    let command = RunState.command(of: process)
    guard noted != nil || command.map(repeats) ?? false else { return nil }
    var record = RunRecord.failed(configuration, "")
    record.harnessFaults = []
    record.verdict = .violation
    record.scope = Self.scope
    record.violations = [
      RunRecord.Violation(
        checker: CheckerID.oops1.name, rule: CheckerID.oops1.rule, thread: -1, operation: "", gfn: Gfn(0).hex,
        level: 0, expected: Self.expected, seen: seen(noted), round: 0, command: command ?? "", events: [],
        reproduction: nil)
    ]
    return record
  }

  private static let scope = "the process that ran the kernel's code has died; what it had counted is lost"
  private static let expected = "the kernel's code leaves memory alone that is not its own"

  private func seen(_ noted: CodeFault?) -> String {
    let place = noted.flatMap { KernelVMPointer.place(of: $0, kernel.loaded) } ?? ", outside of the kernel's code"
    return "the process that ran it was ended by \(signal)\(place)"
  }
}
