/// `stress minimize`: a token's execution made smaller.
import Episodes
import Executions
import KernelMMU
import Machine
import Records

public enum TokenMinimize {
  public static func run(
    _ token: Token, kernel: KernelSubject? = nil, progress: @escaping (ExploreProgress) -> Void = { _ in }
  ) -> RunRecord {
    run(token, kernel: kernel, early: EarlyEnd(), progress: progress)
  }

  /// - Parameter early: ends it with what is smallest by then.
  package static func run(
    _ token: Token, kernel: KernelSubject?, early: EarlyEnd, progress: @escaping (ExploreProgress) -> Void
  ) -> RunRecord {
    defer { early.retire() }
    var record = made(token, kernel, early, progress)
    record.interrupted = early.isRequested
    return record
  }

  private static func made(
    _ token: Token, _ kernel: KernelSubject?, _ early: EarlyEnd, _ progress: @escaping (ExploreProgress) -> Void
  ) -> RunRecord {
    let clock = StopWatch()
    let subject = Subject(token, kernel)
    if let objection = subject.objection(to: token.episode) {
      return TokenRecordBuilder(token, kernel, engine: .minimize, clock: clock).failed(objection)
    }
    guard
      let replayer = Replayer(
        tasks: token.episode.threads.count, subject: subject, policy: token.episode.policy, early: early)
    else {
      return TokenRecordBuilder(token, kernel, engine: .minimize, clock: clock).failed(
        "no address space for the threads' stacks")
    }
    let record = TokenRecordBuilder(token, replayer.world.subject.kernel, engine: .minimize, clock: clock)
    let outcome = replayer.replay(token.episode, token.schedule, isStrict: true)
    if replayer.world.isCut { return record.cut() }
    if let fault = outcome.harnessFault { return record.failed(fault) }
    let counters = RunCounters.take(from: replayer.world, token.episode.threads.count)
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
    let tell: (String) -> Void = { phase in
      progress(
        ExploreProgress(elapsedSeconds: clock.seconds, schedules: 0, distinct: 0, points: 0, phase: phase))
    }
    let pipeline = FailurePipeline(
      subject, minimizes: true, directory: nil, comments: [], notice: { _ in }, phase: tell,
      early: early)
    var (reproduction, final) = pipeline.run(found, replayer, schedule: 0)
    while reproduction != nil {
      let answer = FewestPreemptions.search(final, subject, early)
      _ = replayer.world.scheduler.registerThread()
      guard case .fewer(let other) = answer, other.violation.checker == violation.checker,
        replayer.replay(other.episode, other.schedule, isStrict: true).violation?.checker == violation.checker
      else {
        if case .needsAll = answer { reproduction?.hasFewestPreemptions = true }
        break
      }
      let (smaller, end) = pipeline.run(other, replayer, schedule: 0)
      guard var smaller, end.preemptions < final.preemptions else { break }
      smaller.found = reproduction?.found ?? smaller.found
      smaller.minimizingExecutions += reproduction?.minimizingExecutions ?? 0
      (reproduction, final) = (smaller, end)
    }
    return record.build(final, counters, isBroken: true, interleaving: nil, reproduction: reproduction)
  }
}
