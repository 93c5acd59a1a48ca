/// Runs an episode under a given schedule, and writes down the schedule of an execution that was run.
import Episodes
import Machine
import Scheduling
import SecureEPT

package final class Replayer {
  /// What came of one replay.
  package struct Outcome {
    package var violation: Violation?
    package var harnessFault: String?
    package var end: ExecutionEnd
    package var eventHash: UInt64
    package var steps: Int
    /// The rule was broken while the initial tables were built, before any thread ran: no race, and no reproduction.
    package var isInSetUp = false
    /// All of the schedule could be followed. Otherwise it parted from the execution, at the latest at step `steps`.
    package var isFollowed: Bool
  }

  package let world: FiberWorld

  /// - Returns: nil if the address space cannot be had.
  package init?(tasks: Int, subject: Subject, policy: Policy, early: EarlyEnd? = nil) {
    guard let world = FiberWorld(tasks: tasks, subject: subject, policy: policy, early: early),
      world.scheduler.registerThread()
    else { return nil }
    self.world = world
  }

  package init(_ world: FiberWorld) { self.world = world }

  /// The episode from its tables on, under a schedule.
  package func replay(_ episode: Episode, _ schedule: Schedule, isStrict: Bool) -> Outcome {
    world.prepare(episode) ? replay(schedule, isStrict: isStrict) : setUp(episode)
  }

  /// What the initial tables break by themselves, looked at as they are after a race: a race that shows it later has no
  /// part in it. The episode is prepared afterwards.
  /// - Returns: nil for tables that break no rule.
  package func brokenSetUp(_ episode: Episode) -> Outcome? {
    if world.prepare(episode, verifies: true) { return nil }
    let outcome = setUp(episode)
    _ = world.prepare(episode)
    return outcome
  }

  private func setUp(_ episode: Episode) -> Outcome {
    Outcome(
      violation: world.violation, harnessFault: world.harnessFault, end: .halted, eventHash: episode.contentHash,
      steps: 0, isInSetUp: true, isFollowed: true)
  }

  /// The same on the episode that was prepared last.
  package func replay(_ schedule: Schedule, isStrict: Bool) -> Outcome {
    world.execute(ScheduleFollower(schedule, isStrict: isStrict)) { follower in
      Outcome(
        violation: world.violation, harnessFault: world.harnessFault, end: world.end, eventHash: world.eventHash,
        steps: world.scheduler.pointee.steps, isFollowed: follower.isFollowed)
    }
  }

  /// The schedule of the world's last execution, which is run again for it.
  package func record() -> (schedule: Schedule, preemptions: Int) {
    world.execute(Recording(world.scheduler)) { ($0.schedule, $0.preemptions) }
  }
}
