/// From the number of a failing schedule to all that is told of it.
import Exploration
import Foundation
import KernelMMU
import Machine

struct FailureReport {
  let configuration: ExploreConfiguration
  let schedule: UInt64
  private let early: EarlyEnd
  private let notice: (String) -> Void
  private let phase: (String) -> Void

  init(
    _ configuration: ExploreConfiguration, schedule: UInt64, early: EarlyEnd, notice: @escaping (String) -> Void,
    phase: @escaping (String) -> Void
  ) {
    self.configuration = configuration
    self.schedule = schedule
    self.early = early
    self.notice = notice
    self.phase = phase
  }

  /// - Parameter found: what was broken when the schedule was found: all that there is to tell where it is not waited
  ///   for that it is run again.
  func make(found: Violation?) -> (violation: RunRecord.Violation?, harnessFault: String?) {
    let told = tell()
    guard early.isCut, told.violation == nil, let found else { return told }
    let episode = ChunkRunner.episode(configuration, schedule / ChunkRunner.schedules(configuration))
    let finding = Finding(
      episode: episode, schedule: Schedule(), violation: found, eventHash: 0, steps: 0, preemptions: 0, isAtRest: false)
    return (row(finding, nil, configuration.kernel), nil)
  }

  private func row(
    _ finding: Finding, _ reproduction: RunRecord.Reproduction?, _ kernel: KernelSubject?
  ) -> RunRecord.Violation {
    .of(
      finding, command: RerunCommand.schedule(schedule, of: configuration), kernel: kernel,
      reproduction: reproduction)
  }

  private func tell() -> (violation: RunRecord.Violation?, harnessFault: String?) {
    guard let runner = ChunkRunner(configuration, early: early) else {
      return (nil, "no address space to run the failure again")
    }
    defer { runner.deallocate() }
    let replayer = Replayer(runner.world)
    guard runner.world.scheduler.registerThread() else { return (nil, "no handler for stack overflow can be had") }
    defer { runner.world.scheduler.unregisterThread() }
    runner.rerun(to: schedule)
    if let fault = runner.world.harnessFault { return (nil, fault) }
    guard let violation = runner.world.violation else {
      return (nil, "schedule \(schedule) broke a rule and did not when run again: the harness is not deterministic")
    }
    guard let found = FoundFailure.write(replayer, violation) else {
      return (nil, "schedule \(schedule) broke \(violation.checker.name) and could not be written down as a schedule")
    }
    let pipeline = FailurePipeline(
      configuration.subject, minimizes: configuration.minimizes, directory: configuration.failureDirectory,
      comments: ["found by: \(RerunCommand.campaign(configuration))"], notice: notice, phase: phase, early: early)
    let (reproduction, final) = pipeline.run(found, replayer, schedule: schedule)
    return (row(final, reproduction, runner.world.subject.kernel), nil)
  }
}

/// The first writing down of a failing execution.
package enum FoundFailure {
  /// - Parameter violation: of the world's last execution, or of its preparation: then the requests that were to
  ///   populate the tables become one thread's operations, if a scenario could draw that and it breaks the rule too.
  /// - Returns: a finding of the set-up where it does not; nil if it does not happen again.
  package static func write(_ replayer: Replayer, _ violation: Violation) -> Finding? {
    let world = replayer.world
    let whole = world.episode
    if world.isPrepared {
      guard let finding = Minimizer.written(replayer, violation) else { return nil }
      // Tables that break a rule as they are need no race, whenever it is that this is seen.
      guard !world.prepare(whole, verifies: true) else { return finding }
      return world.violation.flatMap { unprepared(world, $0.checker) }
    }
    var episode = whole
    episode.threads = [whole.populated]
    episode.populated = []
    let canRace =
      !whole.populated.isEmpty && episode.oddity(isKernel: world.subject.kernel != nil) == nil
    if canRace && world.prepare(episode, verifies: true) {
      let outcome = replayer.replay(Schedule(), isStrict: false)
      if let again = outcome.violation, again.checker == violation.checker, outcome.steps > 0 {
        return Minimizer.written(replayer, again)
      }
    }
    return world.prepare(whole) ? nil : unprepared(world, violation.checker)
  }

  /// A rule that is broken before any thread runs: no schedule has a part in it.
  static func unprepared(_ world: FiberWorld, _ checker: CheckerID) -> Finding? {
    guard !world.isPrepared, let violation = world.violation, violation.checker == checker else { return nil }
    var finding = Finding(
      episode: world.episode, schedule: Schedule(), violation: violation, eventHash: world.episode.contentHash,
      steps: 0, preemptions: 0, isAtRest: true)
    finding.isInSetUp = true
    return finding
  }
}

extension RunRecord.Violation {
  /// - Parameters:
  ///   - finding: the execution that the report shows.
  ///   - kernel: whose code it ran.
  static func of(
    _ finding: Finding, command: String, kernel: KernelSubject?, reproduction: RunRecord.Reproduction?
  ) -> Self {
    let violation = finding.violation
    return RunRecord.Violation(
      checker: violation.checker.name, rule: violation.checker.rule, thread: finding.isAtRest ? -1 : violation.task,
      operation: finding.moment == .rest ? "" : violation.operation.name, gfn: LastEvents.text(violation.gfn),
      level: violation.level, expected: violation.expected,
      seen: violation.seen + AccessPlaces.text(violation.accesses, kernel), round: 0, command: command,
      events: [], moment: finding.moment, reproduction: reproduction)
  }
}
