/// The first writing down of a failing execution.
import Executions
import Machine
import Scheduling

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
      !whole.populated.isEmpty && world.subject.oddity(of: episode) == nil
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
