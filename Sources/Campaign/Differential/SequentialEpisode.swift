/// An episode whose operations come one after the other: what model and kernel are both run through.
///
/// All that is decided is written out with the operation that it concerns, so that taking operations away changes
/// nothing for those that are left.
import Episodes
import Machine

package struct SequentialEpisode: Sendable, Equatable {
  package struct Step: Sendable, Equatable {
    package var thread: Int
    package var request: Request
    /// Which SEAMCALLs answer BUSY and where walks yield follows from it.
    package var draw: UInt64
  }

  /// The scenario, the regions of memory and the flags; its requests are not used.
  package var frame: Episode
  /// Before TDH.MR.FINALIZE, by thread 0.
  package var setup: [Step]
  package var steps: [Step]

  /// Episode `index` of a comparison.
  package init(_ configuration: DifferentialConfiguration, _ index: UInt64) {
    var draws = SplitMix64(seed: configuration.seed, .episode, index: index)
    let episode = Scenario.episode(
      configuration.scenario ?? ScenarioName.deal(index), threads: configuration.threads,
      operations: configuration.operations, policy: .fourK, draws: &draws
    ).forKernel()
    self.init(episode, draws: SplitMix64(seed: configuration.seed, .schedule, index: index))
  }

  /// Puts the operations of the threads into one order, each thread's own kept.
  package init(_ episode: Episode, draws: SplitMix64) {
    var draws = draws
    let regions = episode.regions.count
    frame = episode
    frame.populated = []
    frame.threads = Array(repeating: [], count: max(episode.threads.count, 1))
    setup = episode.populated.map {
      Step(thread: 0, request: $0.forBoth(regions: regions), draw: draws.next())
    }
    steps = []
    var next = episode.threads.map { _ in 0 }
    while true {
      let left = next.indices.filter { next[$0] < episode.threads[$0].count }
      guard !left.isEmpty else { break }
      let thread = left[Int(draws.below(UInt64(left.count)))]
      let request = episode.threads[thread][next[thread]].forBoth(regions: regions)
      steps.append(Step(thread: thread, request: request, draw: draws.next()))
      next[thread] += 1
    }
  }

  package var operations: Int { setup.count + steps.count }
}

extension Request {
  /// `ModelLimit.nxShare`: one table, or all of them where there are at most as many as the model takes at once.
  fileprivate func forBoth(regions: Int) -> Request {
    guard operation == .nxRecover else { return self }
    var request = self
    request.draw = draw & 3 == 3 && regions <= 4 ? 3 : 0
    return request
  }
}

extension SequentialEpisode.Step {
  /// How many SEAMCALLs of one operation answer BUSY at most: a fault begins again after each.
  private static let mostBusy = 3

  /// Whether SEAMCALL number `question` of the operation answers BUSY.
  func isBusy(_ question: Int, after busy: Int) -> Bool {
    busy < Self.mostBusy && drawn(UInt64(question) << 1) & 3 == 0
  }

  /// Whether the walk yields once `changes` SPTEs were changed. The first few places alone: what comes after many
  /// changes is like what came before.
  func yields(after changes: Int) -> Bool { changes < 64 && drawn(UInt64(changes) << 1 | 1) & 3 == 0 }

  private func drawn(_ index: UInt64) -> UInt64 {
    var mixer = SplitMix64(state: draw ^ index &* 0x9e37_79b9_7f4a_7c15)
    return mixer.next()
  }
}
