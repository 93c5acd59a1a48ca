/// The episodes of a family of chunks, of which the later are made of the earlier: those are kept and varied whose
/// executions have met something new.
///
/// A family begins with nothing and is handed to one worker as a whole, so that what it comes to follows from the
/// campaign's seed and its number alone: neither the number of workers nor of shards has a say, and any chunk is found
/// again by running those of its family that stand before it.
import Episodes
import Executions
import Machine

final class Lineage {
  /// Chunks of a family.
  private static let chunks = ExploreConfiguration.familyChunks
  /// Of each chunk so many schedules are watched: they tell how the others go.
  static let watched = 4
  /// So many chunks are drawn before the first is varied.
  private static let founders: UInt64 = 32
  /// Kept at most; the oldest go.
  private static let mostKept = 128
  /// Half of those that are varied are among the last that were kept: the later, the rarer what they have met.
  private static let latest = 12
  /// Attempts at an episode that can be asked for.
  private static let attempts = 8

  private let configuration: ExploreConfiguration
  let meetings: Meetings
  private var kept: [Episode] = []
  private var family: UInt64 = .max
  /// The chunk that follows those that it has learned from.
  private var next: UInt64 = 0

  init(_ configuration: ExploreConfiguration, _ world: FiberWorld) {
    self.configuration = configuration
    meetings = Meetings(world)
  }

  /// The chunks before this one of which it has to learn first.
  func missing(before chunk: UInt64) -> Range<UInt64> {
    let family = chunk / Self.chunks
    if self.family != family || next > chunk {
      self.family = family
      next = family * Self.chunks
      kept.removeAll(keepingCapacity: true)
      meetings.forget()
    }
    return next..<chunk
  }

  /// The episode of the next chunk.
  /// - Parameter drawn: what it would be without all this.
  func episode(_ chunk: UInt64, drawn: @autoclosure () -> Episode) -> Episode {
    guard chunk % Self.chunks >= Self.founders, chunk % 2 == 1, !kept.isEmpty else { return drawn() }
    var draws = SplitMix64(seed: configuration.seed, .variation, index: chunk)
    let subject = configuration.subject
    var variation = EpisodeVariation(
      operations: configuration.operations, isKernel: subject.isKernel,
      draws: SplitMix64(state: draws.next()))
    for _ in 0..<Self.attempts {
      let episode = subject.fitting(variation.vary(pick(&draws), with: pick(&draws)))
      if subject.oddity(of: episode) == nil { return episode }
    }
    return drawn()
  }

  private func pick(_ draws: inout SplitMix64) -> Episode {
    let count = draws.below(2) == 0 ? min(kept.count, Self.latest) : kept.count
    return kept[kept.count - 1 - Int(draws.below(UInt64(count)))]
  }

  /// The executions of a chunk's episode that were watched have come to their ends.
  /// - Parameter episode: nil for one that never began.
  func learn(_ chunk: UInt64, _ episode: Episode?) {
    next = chunk + 1
    // Of a dead TD callers may not rely on what others do.
    guard meetings.takeFresh() > 0, let episode, !episode.tdIsDead else { return }
    if kept.count == Self.mostKept { kept.removeFirst() }
    kept.append(episode)
  }
}
