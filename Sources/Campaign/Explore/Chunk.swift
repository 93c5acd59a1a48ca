/// A run of consecutive schedule numbers on one episode, or on several where they are small. What it does follows from
/// the campaign's seed and the chunk's number alone, or from those of its family. So the sum of all chunks is the same
/// whoever runs which.
import Episodes
import Executions
import Machine
import Scheduling

struct ChunkResult {
  let chunk: UInt64
  var schedules: UInt64 = 0
  var points: UInt64 = 0
  /// Happens-before hashes of the executions, in their order.
  var hashes: [UInt64] = []
  var counters = RunCounters()
  /// The schedule number that broke a rule, and the episode.
  var failure: UInt64?
  var failing: Episode?
  /// The first schedule that ran on that episode.
  var failingFrom: UInt64 = 0
  var violation: Violation?
  var harnessFault: String?
  /// 1 if the last schedule was begun and did not come to its end.
  var cut: UInt64 = 0
}

extension ChunkResult {
  /// An episode whose tables could not be built, before its first schedule.
  fileprivate mutating func end(before schedule: UInt64, _ episode: Episode, _ world: FiberWorld) {
    if world.isCut {
      cut = 1
      return
    }
    failure = schedule
    failing = episode
    failingFrom = schedule
    violation = world.violation
    harnessFault = world.harnessFault
  }

  /// The last schedule was cut: it does not count.
  fileprivate mutating func takeBack(steps: Int) {
    schedules -= 1
    points &-= UInt64(steps)
    hashes.removeLast()
    cut = 1
  }
}

/// The classes of interleavings that a chunk's schedules have met of an episode, by happens-before hash.
private struct KnownClasses {
  /// So many schedules in a row that met what had been met: there is little left to draw.
  private static let patience = 4

  private var hashes: [UInt64] = []
  private var repeats = 0

  var isExhausted: Bool { repeats >= Self.patience }

  mutating func meet(_ hash: UInt64) {
    if hashes.contains(hash) {
      repeats += 1
    } else {
      hashes.append(hash)
      repeats = 0
    }
  }
}

struct ChunkRunner {
  /// In one chunk of so many a schedule runs twice, to see that nothing but the seed decides.
  static let chunksPerCheck: UInt64 = 4

  let configuration: ExploreConfiguration
  let world: FiberWorld
  private let sampler: Sampler
  /// Where episodes are made of others.
  private let lineage: Lineage?

  init?(_ configuration: ExploreConfiguration, early: EarlyEnd? = nil) {
    guard
      let world = FiberWorld(
        tasks: configuration.threads, subject: configuration.subject, policy: configuration.policy, early: early)
    else {
      return nil
    }
    self.configuration = configuration
    self.world = world
    sampler = Sampler(world)
    lineage = configuration.variesEpisodes ? Lineage(configuration, world) : nil
  }

  /// The episode of a chunk as it is drawn.
  /// - Parameter part: episodes that the chunk has left before it.
  private static func drawn(_ configuration: ExploreConfiguration, _ chunk: UInt64, part: UInt64 = 0) -> Episode {
    var draws = SplitMix64(seed: configuration.seed, .episode, index: chunk | part << 48)
    let subject = configuration.subject
    let episode = Scenario.episode(
      configuration.scenario
        ?? ScenarioName.deal(chunk, hasMirrorRoots: subject.hasMirrorRoots, isKernel: subject.isKernel),
      threads: configuration.threads,
      operations: configuration.operations, policy: configuration.policy, draws: &draws)
    return subject.fitting(episode)
  }

  private func episode(_ chunk: UInt64) -> Episode {
    lineage?.episode(chunk, drawn: Self.drawn(configuration, chunk)) ?? Self.drawn(configuration, chunk)
  }

  /// Runs what is watched of the chunks that this one's family has before it, unless they were the last to run.
  private func catchUp(to chunk: UInt64) {
    guard let lineage else { return }
    for earlier in lineage.missing(before: chunk) {
      let episode = episode(earlier)
      world.place?.number(earlier * configuration.episodeSchedules)
      guard world.prepare(episode) else {
        lineage.learn(earlier, nil)
        continue
      }
      sampler.begin(Self.guess(episode))
      for index in 0..<Lineage.watched where !world.isHalted {
        guard execute(earlier * configuration.episodeSchedules, index) else { break }
      }
      lineage.learn(earlier, episode)
    }
    _ = RunCounters.take(from: world, world.capacity)
  }

  /// The chunks of a piece, up to the first that fails or that nobody waits for any more. At least one is run.
  /// - Parameters:
  ///   - begin: called before each with the number of its first schedule.
  ///   - goesOn: called after each with the schedules that it ran; false ends the piece.
  func run(
    _ piece: ChunkBoard.Piece, of board: ChunkBoard, begin: (UInt64) -> Void = { _ in },
    goesOn: (UInt64) -> Bool = { _ in true }
  ) -> [ChunkResult] {
    var results: [ChunkResult] = []
    for chunk in piece.chunks {
      begin(chunk * configuration.episodeSchedules)
      let result = run(chunk, limit: board.limit(chunk))
      results.append(result)
      let isOver = result.failure != nil || result.harnessFault != nil || result.cut > 0
      if !goesOn(result.schedules) || isOver || !board.isWanted(piece) { break }
    }
    return results
  }

  /// The chunk's first `limit` schedules, up to the first that fails.
  func run(_ chunk: UInt64, limit: UInt64) -> ChunkResult {
    catchUp(to: chunk)
    var result = ChunkResult(chunk: chunk)
    let first = chunk * configuration.episodeSchedules
    var episode = episode(chunk)
    world.place?.number(first)
    guard world.prepare(episode) else {
      lineage?.learn(chunk, nil)
      result.end(before: first, episode, world)
      return result
    }
    var salt = episode.contentHash
    result.hashes.reserveCapacity(Int(limit))
    sampler.begin(Self.guess(episode))
    var known = KnownClasses()
    var part: UInt64 = 0
    result.failingFrom = first
    for index in 0..<limit {
      if configuration.exchangesEpisodes && known.isExhausted {
        part += 1
        episode = Self.drawn(configuration, chunk, part: part)
        result.failingFrom = first + index
        guard world.prepare(episode) else {
          result.end(before: first + index, episode, world)
          return result
        }
        salt = episode.contentHash
        sampler.begin(Self.guess(episode))
        known = KnownClasses()
      }
      world.place?.number(first + index)
      guard execute(first, Int(index)) else { break }
      result.schedules += 1
      result.points &+= UInt64(world.scheduler.pointee.steps)
      let hash = world.scheduler.happensBeforeHash
      result.hashes.append(hash ^ salt)
      if configuration.exchangesEpisodes { known.meet(hash) }
      if _slowPath(world.isHalted || world.end != .completed) {
        if world.isCut {
          result.takeBack(steps: world.scheduler.pointee.steps)
          break
        }
        result.failure = first + index
        result.failing = episode
        result.violation = world.violation
        result.harnessFault =
          world.end == .diverged
          ? "schedule \(first + index): the strategy named a thread that cannot run" : world.harnessFault
        break
      }
    }
    lineage?.learn(chunk, episode)
    result.counters = .take(from: world, episode.threads.count)
    if result.failure == nil && result.cut == 0 && result.schedules > 0 && chunk % Self.chunksPerCheck == 0 {
      result.harnessFault = checkDeterminism(first, Int(result.schedules) - 1)
    }
    return result
  }

  /// Runs schedule number `index` of the chunk that begins with `first`.
  /// - Returns: false if the strategy has nothing left to try of this episode.
  @inline(__always) private func execute(_ first: UInt64, _ index: Int) -> Bool {
    if let lineage { index < Lineage.watched ? lineage.meetings.watch() : lineage.meetings.rest() }
    return sampler.execute(configuration.strategy, index, draws(first + UInt64(index)))
  }

  /// The stream of one schedule.
  @inline(__always) private func draws(_ schedule: UInt64) -> SplitMix64 {
    SplitMix64(seed: configuration.seed, .schedule, index: schedule)
  }

  /// Runs the chunk's last schedule again: all its events must be the same.
  private func checkDeterminism(_ first: UInt64, _ index: Int) -> String? {
    lineage?.meetings.rest()
    let hash = world.eventHash
    sampler.executeAgain(configuration.strategy, index, draws(first + UInt64(index)))
    defer { _ = RunCounters.take(from: world, world.episode.threads.count) }
    if world.eventHash == hash || world.isCut { return nil }
    return "schedule \(first + UInt64(index)) gave other events when it was run again: the harness is not deterministic"
  }

  /// Runs a chunk's episode up to schedule number `failure`, which is left as the world's last execution.
  /// - Parameter start: the first schedule that ran on it.
  func rerun(_ episode: Episode, from start: UInt64, to failure: UInt64) {
    let first = failure / configuration.episodeSchedules * configuration.episodeSchedules
    guard world.prepare(episode) else { return }
    lineage?.meetings.rest()
    sampler.begin(Self.guess(episode))
    for schedule in start...failure {
      _ = sampler.execute(configuration.strategy, Int(schedule - first), draws(schedule))
    }
  }

  /// The length of an execution before one was seen.
  private static func guess(_ episode: Episode) -> ExecutionLength {
    let perOperation = episode.subject == .micro ? (3, 2) : (40, 12)
    return ExecutionLength(
      steps: max(1, episode.operations * perOperation.0), changes: max(1, episode.operations * perOperation.1))
  }
}
