/// A broken rule with all that repeats it: the episode, the schedule, and what was seen.
import Episodes
import Machine
import Records
import Scheduling

package struct Finding {
  package var episode: Episode
  package var schedule: Schedule
  package var violation: Violation
  package var eventHash: UInt64
  package var steps: Int
  package var preemptions: Int
  /// Found in the tables at rest, by no thread in particular.
  package var isAtRest: Bool
  /// Broken while the initial tables were built: no thread has run, and no schedule has a part in it.
  package var isInSetUp = false

  package init(
    episode: Episode, schedule: Schedule, violation: Violation, eventHash: UInt64, steps: Int, preemptions: Int,
    isAtRest: Bool
  ) {
    self.episode = episode
    self.schedule = schedule
    self.violation = violation
    self.eventHash = eventHash
    self.steps = steps
    self.preemptions = preemptions
    self.isAtRest = isAtRest
  }

  /// When it happened, for records.
  package var moment: RunRecord.Moment { isInSetUp ? .setUp : isAtRest ? .rest : .race }

  package var size: RunRecord.Size {
    RunRecord.Size(
      operations: episode.operations, threads: episode.threads.count, steps: steps, preemptions: preemptions)
  }
}

extension FiberWorld {
  /// The steps of the last execution up to the one that broke the rule: what came after is not part of the failure.
  package func steps(to violation: Violation) -> Int {
    let steps = scheduler.pointee.steps
    return end == .completed ? steps : min(steps, Int(violation.stamp >> FiberScheduler.clockShift))
  }
}
