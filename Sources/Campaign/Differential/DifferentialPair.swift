/// Model and kernel side by side: runs an episode on both, and makes one that differs small.
import Machine

package final class DifferentialPair {
  private let model: SequentialWorld
  private let other: SequentialWorld

  /// - Returns: nil if the address space cannot be had.
  package init?(_ configuration: DifferentialConfiguration) {
    // More threads than an episode has were a cost without a use; no scenario has more than it is asked for.
    guard let model = SequentialWorld(threads: configuration.threads, subject: configuration.model),
      let other = SequentialWorld(threads: configuration.threads, subject: configuration.other)
    else { return nil }
    model.agesByFetchAnd = configuration.agesByFetchAnd
    for world in [model, other] {
      world.leavesOutAdd = configuration.addsPagesLate
      world.leavesOutNxRecovery = configuration.recoversNxExclusively
    }
    self.model = model
    self.other = other
  }

  package struct Outcome: Sendable {
    package var model: EpisodeTrace
    package var other: EpisodeTrace
    package var discrepancy: Discrepancy?

    package var harnessFault: String? { model.harnessFault ?? other.harnessFault }
  }

  package func compare(_ episode: SequentialEpisode, keepsEntries: Bool = false) -> Outcome {
    var outcome = Outcome(
      model: model.run(episode, keepsEntries: keepsEntries), other: other.run(episode, keepsEntries: keepsEntries))
    let names = (episode.setup + episode.steps).map(\.request.operation.name)
    outcome.discrepancy = Discrepancy.first(outcome.model, outcome.other, names: names)
    return outcome
  }

  /// Takes away what does not matter: operations, flags and memory, as long as the two differ in the same way.
  /// - Parameter isStopped: true ends it with what is smallest by then.
  package func shrink(
    _ episode: SequentialEpisode, _ kind: String, isStopped: () -> Bool = { false }
  ) -> SequentialEpisode {
    var episode = episode
    var isSmaller = true
    func take(_ change: (inout SequentialEpisode) -> Void) {
      var candidate = episode
      change(&candidate)
      guard candidate != episode, !isStopped(), compare(candidate).discrepancy?.kind == kind else { return }
      episode = candidate
      isSmaller = true
    }
    while isSmaller {
      isSmaller = false
      for index in episode.steps.indices.reversed() { take { $0.steps.remove(at: index) } }
      for index in episode.setup.indices.reversed() { take { $0.setup.remove(at: index) } }
      take { $0.frame.endsInTeardown = false }
      take { $0.frame.injectsBusy = false }
      take { $0.frame.mayYield = false }
      for index in episode.steps.indices {
        take { $0.steps[index].thread = 0 }
        take { $0.steps[index].request.range = $0.steps[index].request.range.prefix(1) }
      }
      take { Self.dropLastRegion(&$0) }
      take { Self.dropLastThread(&$0) }
    }
    return episode
  }

  private static func dropLastRegion(_ episode: inout SequentialEpisode) {
    let pages = episode.frame.guestPages
    let used = (episode.setup + episode.steps).allSatisfy { $0.request.range.upperBound <= pages - 512 }
    if episode.frame.regions.count > 1 && used { episode.frame.regions.removeLast() }
  }

  private static func dropLastThread(_ episode: inout SequentialEpisode) {
    let last = episode.steps.reduce(0) { max($0, $1.thread) }
    if episode.frame.threads.count > last + 1 { episode.frame.threads.removeLast() }
  }
}
