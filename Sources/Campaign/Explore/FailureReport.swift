/// From the number of a failing schedule to all that is told of it.
import Episodes
import Executions
import Foundation
import KernelMMU
import Machine
import Records
import Scheduling

struct FailureReport {
  let configuration: ExploreConfiguration
  let schedule: UInt64
  private let episode: Episode
  /// The first schedule that ran on it.
  private let start: UInt64
  private let early: EarlyEnd
  private let notice: (String) -> Void
  private let phase: (String) -> Void

  init(
    _ configuration: ExploreConfiguration, schedule: UInt64, of episode: Episode, from start: UInt64, early: EarlyEnd,
    notice: @escaping (String) -> Void, phase: @escaping (String) -> Void
  ) {
    self.configuration = configuration
    self.schedule = schedule
    self.episode = episode
    self.start = start
    self.early = early
    self.notice = notice
    self.phase = phase
  }

  /// - Parameter found: what was broken when the schedule was found: all that there is to tell where it is not waited
  ///   for that it is run again.
  func make(found: Violation?) -> (violation: RunRecord.Violation?, harnessFault: String?) {
    let told = tell()
    guard early.isCut, told.violation == nil, let found else { return told }
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
    let replayer = Replayer(runner.world)
    guard runner.world.scheduler.registerThread() else { return (nil, "no handler for stack overflow can be had") }
    defer { runner.world.scheduler.unregisterThread() }
    runner.rerun(episode, from: start, to: schedule)
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
