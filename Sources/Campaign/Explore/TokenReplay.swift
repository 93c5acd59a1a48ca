import Exploration
import KernelMMU
import Machine

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
      record.engine = "trace"
      record.replay?.token = ""
      record.replay?.expectedChecker = nil
      record.replay?.expectedEventHash = nil
    }
    return record
  }

  private static func execute(_ token: Token, kernel: KernelSubject?, traces: Bool) -> RunRecord {
    let clock = StopWatch()
    let subject = FiberWorld.Subject(token, kernel)
    if let objection = subject.kernel?.objection(to: token.episode) {
      return TokenRecord(token, kernel, engine: "replay", clock: clock).failed(objection)
    }
    guard let replayer = Replayer(tasks: token.episode.threads.count, subject: subject) else {
      return TokenRecord(token, kernel, engine: "replay", clock: clock).failed(
        "no address space for the threads' stacks")
    }
    var outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
    if let fault = outcome.harnessFault {
      return TokenRecord(token, kernel, engine: "replay", clock: clock).failed(fault)
    }
    let isSame = outcome.violation?.checker == token.checker && outcome.eventHash == token.eventHash
    // The protocol may have changed since the token was made: then its schedule may not fit any more. A rule that is
    // broken all the same is told; otherwise nothing is known.
    guard outcome.isFollowed || isSame || outcome.violation != nil else {
      return TokenRecord(token, kernel, engine: "replay", clock: clock).failed(outcome.parting)
    }
    let world = replayer.world
    let counters = ExploreCounters.take(from: world, token.episode.threads.count)
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
    return TokenRecord(token, world.subject.kernel, engine: "replay", clock: clock).build(
      finding, counters, isBroken: outcome.violation != nil, interleaving: interleaving)
  }
}

/// `stress minimize`: a token's execution made smaller.
public enum TokenMinimize {
  public static func run(
    _ token: Token, kernel: KernelSubject? = nil, progress: (ExploreProgress) -> Void = { _ in }
  ) -> RunRecord {
    run(token, kernel: kernel, early: EarlyEnd(), progress: progress)
  }

  /// - Parameter early: ends it with what is smallest by then.
  package static func run(
    _ token: Token, kernel: KernelSubject?, early: EarlyEnd, progress: (ExploreProgress) -> Void
  ) -> RunRecord {
    defer { early.retire() }
    var record = made(token, kernel, early, progress)
    record.interrupted = early.isRequested
    return record
  }

  private static func made(
    _ token: Token, _ kernel: KernelSubject?, _ early: EarlyEnd, _ progress: (ExploreProgress) -> Void
  ) -> RunRecord {
    let clock = StopWatch()
    let subject = FiberWorld.Subject(token, kernel)
    if let objection = subject.kernel?.objection(to: token.episode) {
      return TokenRecord(token, kernel, engine: "minimize", clock: clock).failed(objection)
    }
    guard let replayer = Replayer(tasks: token.episode.threads.count, subject: subject, early: early) else {
      return TokenRecord(token, kernel, engine: "minimize", clock: clock).failed(
        "no address space for the threads' stacks")
    }
    let record = TokenRecord(token, replayer.world.subject.kernel, engine: "minimize", clock: clock)
    let outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
    if replayer.world.isCut { return record.cut() }
    if let fault = outcome.harnessFault { return record.failed(fault) }
    let counters = ExploreCounters.take(from: replayer.world, token.episode.threads.count)
    guard let violation = outcome.violation else {
      guard outcome.isFollowed else { return record.failed(outcome.parting) }
      let finding = Finding(
        episode: token.episode, schedule: token.schedule, violation: .none(token), eventHash: outcome.eventHash,
        steps: outcome.steps, preemptions: 0, isAtRest: true)
      return record.build(finding, counters, isBroken: false, interleaving: nil)
    }
    guard let found = FoundFailure.write(replayer, violation) else {
      if replayer.world.isCut { return record.cut() }
      return record.failed("\(violation.checker.name) was broken and could not be written down as a schedule")
    }
    return withoutActuallyEscaping(progress) { progress in
      let tell: (String) -> Void = { phase in
        progress(
          ExploreProgress(elapsedSeconds: clock.seconds, schedules: 0, distinct: 0, points: 0, phase: phase))
      }
      let pipeline = FailurePipeline(
        subject, minimizes: true, directory: nil, comments: [], notice: { _ in }, phase: tell,
        early: early)
      let (reproduction, final) = pipeline.run(found, replayer, schedule: 0)
      return record.build(final, counters, isBroken: true, interleaving: nil, reproduction: reproduction)
    }
  }
}

extension Replayer.Outcome {
  /// What is told of a schedule that could not be followed.
  fileprivate var parting: String {
    "the schedule cannot be followed: it parted at step \(steps + 1), where the subject does not offer the recorded "
      + "choice; the token was made by another version, or for a subject that has changed since, or, for a kernel with "
      + "plain accesses, with another compiler"
  }
}
