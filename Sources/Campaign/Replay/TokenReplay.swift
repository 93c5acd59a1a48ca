import Episodes
import Executions
import KernelMMU
import Machine
import Records

/// `stress replay`: a token's execution, once, with what it promised and what it did.
public enum TokenReplay {
  /// - Parameters:
  ///   - traces: the interleaving is wanted also if nothing is broken.
  ///   - isPromise: the token says what is to be expected; otherwise it only carries an execution.
  public static func run(
    _ token: Token, kernel: KernelSubject? = nil, traces: Bool = false, isPromise: Bool = true
  ) -> RunRecord {
    var record = execute(token, kernel: kernel, traces: traces)
    if !isPromise {
      record.engine = .trace
      record.replay?.token = ""
      record.replay?.expectedChecker = nil
      record.replay?.expectedEventHash = nil
    }
    return record
  }

  private static func execute(_ token: Token, kernel: KernelSubject?, traces: Bool) -> RunRecord {
    let clock = StopWatch()
    let subject = Subject(token, kernel)
    if let objection = subject.objection(to: token.episode) {
      return TokenRecordBuilder(token, kernel, engine: .replay, clock: clock).failed(objection)
    }
    guard let replayer = Replayer(tasks: token.episode.threads.count, subject: subject, policy: token.episode.policy)
    else {
      return TokenRecordBuilder(token, kernel, engine: .replay, clock: clock).failed(
        "no address space for the threads' stacks")
    }
    var outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
    if let fault = outcome.harnessFault {
      return TokenRecordBuilder(token, kernel, engine: .replay, clock: clock).failed(fault)
    }
    let isSame = outcome.violation?.checker == token.checker && outcome.eventHash == token.eventHash
    // The protocol may have changed since the token was made: then its schedule may not fit any more. A rule that is
    // broken all the same is told; otherwise nothing is known.
    guard outcome.isFollowed || isSame || outcome.violation != nil else {
      return TokenRecordBuilder(token, kernel, engine: .replay, clock: clock).failed(outcome.parting)
    }
    let world = replayer.world
    let counters = RunCounters.take(from: world, token.episode.threads.count)
    if outcome.violation != nil, let broken = replayer.brokenSetUp(token.episode), broken.violation != nil {
      outcome = broken
    }
    var finding = Finding(
      episode: token.episode, schedule: token.schedule,
      violation: outcome.violation ?? .none(token), eventHash: outcome.eventHash,
      steps: outcome.isInSetUp ? 0 : outcome.steps, preemptions: 0,
      isAtRest: outcome.isInSetUp || outcome.end == .completed)
    finding.isInSetUp = outcome.isInSetUp
    if !outcome.isInSetUp {
      finding.preemptions = replayer.record().preemptions
      if let violation = outcome.violation { finding.steps = world.steps(to: violation) }
    }
    let isShown = !outcome.isInSetUp && (outcome.violation != nil || traces)
    let interleaving = isShown ? InterleavingBuilder.build(replayer, finding) : nil
    return TokenRecordBuilder(token, world.subject.kernel, engine: .replay, clock: clock).build(
      finding, counters, isBroken: outcome.violation != nil, interleaving: interleaving)
  }
}
