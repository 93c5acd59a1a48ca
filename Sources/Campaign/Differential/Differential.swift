/// The engine of `stress diff`: deals episodes to workers, up to the first that differs or to the end.
///
/// Episodes are handed out in order, and what counts is the first that differs, so that the record is the same for any
/// number of workers.
import Foundation
import Records
import Synchronization

/// What a running comparison tells about itself.
public struct DifferentialProgress: Sendable {
  public var elapsedSeconds: Double
  public var episodes: UInt64
  public var differing: UInt64
}

/// A comparison of the model with a kernel: made from a configuration, run once.
public final class Differential: Sendable {
  struct Result {
    var operations: Int
    var steps: Int
    /// The class of its discrepancy, nil for none.
    var kind: String?
    var harnessFault: String?
  }

  /// Results are counted in the order of the episodes: what ran beyond the last that counts is forgotten.
  struct Board {
    /// The next episode to hand out, and the next to count.
    var next: UInt64
    var counted: UInt64
    /// Episodes from here on do not count.
    var end: UInt64
    var waiting: [UInt64: Result] = [:]
    var inFlight: Set<UInt64> = []
    var failedWorkers = 0

    var episodes: UInt64 = 0
    var operations: UInt64 = 0
    var steps: UInt64 = 0
    var differing: UInt64 = 0
    var classes: [String: DiffRecord.Class] = [:]
    var first: (episode: UInt64, kind: String)?
    var harnessFault: String?
  }

  public let configuration: DifferentialConfiguration
  private let board: Mutex<Board>
  private let stopRequested = Atomic(false)
  private static let stackBytes = 4 << 20

  public init(configuration: DifferentialConfiguration) {
    self.configuration = configuration
    let first = configuration.firstEpisode
    board = Mutex(Board(next: first, counted: first, end: first + configuration.episodes))
  }

  /// Asks a running comparison to end; safe from any thread and from a signal source. `run` then returns what ran so
  /// far.
  public func requestStop() { stopRequested.store(true, ordering: .releasing) }

  private var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

  /// Compares all episodes, up to the first that differs, or to `requestStop`. Blocks the calling thread.
  /// - Parameters:
  ///   - progress: called about ten times a second.
  ///   - notice: called with a line for the user when something that the run can do without is missing.
  public func run(
    progress: @escaping (DifferentialProgress) -> Void = { _ in }, notice: @escaping (String) -> Void = { _ in }
  ) -> DiffRecord {
    let clock = StopWatch()
    var state: RunState?
    do {
      state = try RunState(command: configuration.prefix)
    } catch {
      notice("the seed is not kept on disk: \(error.message)")
    }
    let finished = DispatchSemaphore(value: 0)
    for _ in 0..<configuration.jobs {
      let thread = Thread { [self] in
        work()
        finished.signal()
      }
      thread.stackSize = Self.stackBytes
      thread.start()
    }
    var left = configuration.jobs
    while left > 0 {
      if finished.wait(timeout: .now() + .milliseconds(100)) == .success {
        left -= 1
        continue
      }
      let (done, differing, first) = board.withLock { ($0.episodes, $0.differing, $0.inFlight.min() ?? $0.next) }
      progress(DifferentialProgress(elapsedSeconds: clock.seconds, episodes: done, differing: differing))
      state?.begin(round: first)
    }
    let compared = clock.seconds
    // Of those that count nobody runs any more: the lock is free for whoever asks.
    let record = DiffRecordBuilder(
      configuration: configuration, board: board.withLock { $0 }, isStopped: { self.isStopped }
    ).build(comparedSeconds: compared)
    state?.close(keep: record.verdict != .alike)
    return record
  }

  // MARK: Workers

  private func work() {
    guard let pair = DifferentialPair(configuration) else { return board.withLock { $0.failedWorkers += 1 } }
    while let episode = take() {
      let outcome = pair.compare(SequentialEpisode(configuration, episode))
      give(episode, outcome)
    }
  }

  private func take() -> UInt64? {
    board.withLock { board in
      guard board.next < board.end, !isStopped else { return nil }
      let episode = board.next
      board.next += 1
      board.inFlight.insert(episode)
      return episode
    }
  }

  private func give(_ episode: UInt64, _ outcome: DifferentialPair.Outcome) {
    let operations = outcome.model.operations
    let result = Result(
      operations: operations.count, steps: operations.reduce(0) { $0 + $1.steps.count },
      kind: outcome.discrepancy?.kind, harnessFault: outcome.harnessFault)
    let isLast = result.harnessFault != nil || result.kind != nil && !configuration.keepsGoing
    board.withLock { board in
      board.inFlight.remove(episode)
      board.waiting[episode] = result
      if isLast { board.end = min(board.end, episode + 1) }
      board.count()
    }
  }
}

extension Differential.Board {
  mutating func count() {
    while counted < end, let result = waiting.removeValue(forKey: counted) {
      defer { counted += 1 }
      episodes += 1
      operations += UInt64(result.operations)
      steps += UInt64(result.steps)
      if let fault = result.harnessFault { harnessFault = "episode \(counted): \(fault)" }
      guard let kind = result.kind else { continue }
      differing += 1
      classes[kind, default: .init(name: kind, episodes: 0, firstEpisode: counted)].episodes += 1
      if first == nil { first = (counted, kind) }
    }
  }
}
