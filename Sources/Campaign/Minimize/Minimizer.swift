/// Makes a failing execution smaller while it breaks the same rule: fewer threads, fewer operations, smaller initial
/// tables, fewer preemptions.
///
/// A smaller episode needs a schedule of its own: what is left of the old one is tried first, then the default, then a
/// number of drawn ones. When nothing more can be taken away the result is 1-minimal with respect to those tries. All
/// is decided by executions counted, none by a clock.
import Episodes
import Executions
import Machine
import Records
import Scheduling

package final class Minimizer {
  /// Executions in all, and steps in all: executions of many threads are long.
  package static let executionBudget: UInt64 = 60_000
  static let stepBudget: UInt64 = 60_000_000
  /// Executions that hang, each for at least this long, in nanoseconds of the processor's time: a hang that is known is
  /// waited for less long than the first.
  static let mostHangs = 60
  static let hangLimit: UInt64 = 100_000_000
  /// Drawn schedules for each smaller episode.
  static let searches = 96

  let replayer: Replayer
  let checker: CheckerID
  private let sampler: Sampler
  private let early: EarlyEnd?
  private let progress: (UInt64) -> Void
  private(set) var best: Finding
  package private(set) var executions: UInt64 = 0
  private var steps: UInt64 = 0
  private var hangs = 0

  /// - Parameters:
  ///   - finding: has just been replayed by `replayer`'s world.
  ///   - progress: gets the number of executions so far, now and then.
  package init(
    _ finding: Finding, _ replayer: Replayer, early: EarlyEnd? = nil, progress: @escaping (UInt64) -> Void = { _ in }
  ) {
    self.early = early
    best = finding
    checker = finding.violation.checker
    self.replayer = replayer
    self.progress = progress
    sampler = Sampler(replayer.world)
  }

  package var isExhausted: Bool {
    executions >= Self.executionBudget || steps >= Self.stepBudget || hangs >= Self.mostHangs
      || early?.isRequested ?? false
  }

  /// - Returns: the smallest failing execution found, and whether nothing more can be taken away from it.
  package func run() -> (finding: Finding, isMinimal: Bool) {
    replayer.world.limitHangs(to: Self.hangLimit)
    defer { replayer.world.limitHangs(to: nil) }
    var before: RunRecord.Size?
    while !isExhausted && best.size != before {
      before = best.size
      reduceEpisode()
      reduceSchedule()
    }
    return (best, !isExhausted)
  }

  // MARK: Trying

  /// Runs the episode under a schedule that may not fit it.
  /// - Returns: the execution if it breaks the same rule.
  func attempt(_ schedule: Schedule) -> Finding? {
    guard !isExhausted else { return nil }
    let outcome = replayer.replay(schedule, isStrict: false)
    return taken(outcome.violation, outcome.harnessFault)
  }

  /// Draws schedules for the episode that the world is prepared for.
  func search(_ name: StrategyName, count: Int, _ purpose: UInt64) -> Finding? {
    sampler.begin(ExecutionLength(steps: best.steps, changes: best.steps / 3))
    for index in 0..<count where !isExhausted {
      let draws = SplitMix64(seed: purpose, .schedule, index: UInt64(index))
      guard sampler.execute(name, index, draws) else { break }
      if let finding = taken(replayer.world.violation, replayer.world.harnessFault) { return finding }
    }
    return nil
  }

  /// Counts the world's last execution, and writes it down if it breaks the rule.
  private func taken(_ violation: Violation?, _ harnessFault: String?) -> Finding? {
    executions += 1
    steps += UInt64(replayer.world.scheduler.pointee.steps)
    if executions % 1024 == 0 { progress(executions) }
    if violation?.checker == .hang1 {
      hangs += 1
      progress(executions)
    }
    guard harnessFault == nil, let violation, violation.checker == checker else { return nil }
    return Self.written(replayer, violation)
  }

  /// The world's last execution as a finding.
  static func written(_ replayer: Replayer, _ violation: Violation) -> Finding? {
    let (schedule, preemptions) = replayer.record()
    let world = replayer.world
    guard let again = world.violation, again.checker == violation.checker, world.scheduler.pointee.steps > 0 else {
      return nil
    }
    return Finding(
      episode: world.episode, schedule: schedule, violation: again, eventHash: world.eventHash,
      steps: world.steps(to: again), preemptions: preemptions, isAtRest: world.end == .completed)
  }

  /// Tries a smaller episode.
  /// - Returns: true if it fails too; it is the best one then.
  func accept(_ episode: Episode, _ schedule: Schedule) -> Bool {
    guard !isExhausted, !episode.threads.isEmpty, isDrawable(episode) else { return false }
    guard replayer.world.prepare(episode, verifies: true) else { return acceptUnprepared() }
    guard let finding = attempt(schedule) ?? attempt(Schedule()) ?? search(.portfolio, count: Self.searches, executions)
    else {
      return false
    }
    best = finding
    return true
  }

  /// What is left must be an episode that a scenario could draw, unless what was found is none already.
  private func isDrawable(_ episode: Episode) -> Bool {
    let subject = replayer.world.subject
    return subject.oddity(of: episode) == nil || subject.oddity(of: best.episode) != nil
  }

  /// A rule that is broken before any thread runs is made smaller by what is built, not by what is run. It is no
  /// reproduction of one that a race has broken.
  private func acceptUnprepared() -> Bool {
    executions += 1
    guard best.isInSetUp, let finding = FoundFailure.unprepared(replayer.world, checker) else { return false }
    best = finding
    return true
  }

  /// Takes over an execution of the same episode if it is simpler.
  func takeIfSimpler(_ finding: Finding?) -> Bool {
    guard let finding, Self.weight(finding) < Self.weight(best) else { return false }
    best = finding
    return true
  }

  /// What a reader has to follow: preemptions first, then other departures from the default, then steps.
  private static func weight(_ finding: Finding) -> (Int, Int, Int) {
    (finding.preemptions, finding.schedule.switches.count + finding.schedule.answers.count, finding.steps)
  }
}
