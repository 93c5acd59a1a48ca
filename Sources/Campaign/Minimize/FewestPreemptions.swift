/// Whether an episode needs as many preemptions to break its rule as a schedule has that was minimised: every schedule
/// with fewer is gone through.
import Episodes
import Executions

package enum FewestPreemptions {
  /// In which to go through them.
  static let executions: UInt64 = 20_000

  package enum Answer {
    case needsAll
    /// A schedule with fewer breaks a rule too.
    case fewer(Finding)
    /// There are too many to go through, or the search was ended.
    case unknown
  }

  package static func search(_ finding: Finding, _ subject: Subject, _ early: EarlyEnd? = nil) -> Answer {
    let (episode, threads) = (finding.episode, finding.episode.threads.count)
    guard finding.preemptions > 0, finding.schedule.mostYes <= 4, !finding.isInSetUp, !subject.hasPlainAccesses,
      let search = EpisodeSearch(
        tasks: threads, subject: subject, policy: episode.policy,
        mostYes: UInt32(max(1, finding.schedule.mostYes)), hasTwins: false,
        method: .bounded(subject, finding.preemptions - 1), early: early),
      threads <= search.capacity
    else { return .unknown }
    return switch search.run(episode, limit: executions).end {
    case .complete: .needsAll
    case .violation: search.finding(episode).map(Answer.fewer) ?? .unknown
    case .partial, .fault: .unknown
    }
  }
}
