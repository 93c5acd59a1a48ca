import Exploration
import KernelMMU
import Machine

/// `stress replay`: a token's execution, once, with what it promised and what it did.
public enum TokenReplay {
  /// - Parameter traces: the interleaving is wanted also if nothing is broken.
  public static func run(_ token: Token, kernel: KernelSubject? = nil, traces: Bool = false) -> RunRecord {
    let clock = StopWatch()
    let subject = FiberWorld.Subject(token, kernel)
    guard let replayer = Replayer(tasks: token.episode.threads.count, subject: subject) else {
      return TokenRecord(token, kernel, engine: "replay", clock: clock).failed(
        "no address space for the threads' stacks")
    }
    let outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
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
    var finding = Finding(
      episode: token.episode, schedule: token.schedule,
      violation: outcome.violation ?? .none(token), eventHash: outcome.eventHash,
      steps: world.isPrepared ? outcome.violation.map(world.steps(to:)) ?? outcome.steps : 0, preemptions: 0,
      isAtRest: !world.isPrepared || world.end == .completed)
    if world.isPrepared { finding.preemptions = replayer.record().preemptions }
    let interleaving = outcome.violation != nil || traces ? InterleavingBuilder.build(replayer, finding) : nil
    return TokenRecord(token, kernel, engine: "replay", clock: clock).build(
      finding, counters, isBroken: outcome.violation != nil, interleaving: interleaving)
  }
}

/// `stress minimize`: a token's execution made smaller.
public enum TokenMinimize {
  public static func run(
    _ token: Token, kernel: KernelSubject? = nil, progress: (ExploreProgress) -> Void = { _ in }
  ) -> RunRecord {
    let clock = StopWatch()
    let subject = FiberWorld.Subject(token, kernel)
    guard let replayer = Replayer(tasks: token.episode.threads.count, subject: subject) else {
      return TokenRecord(token, kernel, engine: "minimize", clock: clock).failed(
        "no address space for the threads' stacks")
    }
    let outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
    if let fault = outcome.harnessFault { return record.failed(fault) }
    let counters = ExploreCounters.take(from: replayer.world, token.episode.threads.count)
    guard let violation = outcome.violation else {
      guard outcome.isFollowed else { return record.failed(outcome.parting) }
      let finding = Finding(
        episode: token.episode, schedule: token.schedule, violation: .none(token), eventHash: outcome.eventHash,
        steps: outcome.steps, preemptions: 0, isAtRest: true)
    let record = TokenRecord(token, replayer.world.subject.kernel, engine: "minimize", clock: clock)
      return record.build(finding, counters, isBroken: false, interleaving: nil)
    }
    guard let found = FoundFailure.write(replayer, violation) else {
      return record.failed("\(violation.checker.name) was broken and could not be written down as a schedule")
    }
    return withoutActuallyEscaping(progress) { progress in
      let tell: (String) -> Void = { phase in
        progress(
          ExploreProgress(elapsedSeconds: clock.seconds, schedules: 0, distinct: 0, points: 0, phase: phase))
      }
      let pipeline = FailurePipeline(
        subject, minimizes: true, directory: nil, comments: [], notice: { _ in }, phase: tell)
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
