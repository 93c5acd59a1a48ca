/// The engine of `stress diff`: deals episodes to workers, up to the first that differs or to the end.
///
/// Episodes are handed out in order, and what counts is the first that differs, so that the record is the same for any
/// number of workers.
import Records
import Synchronization

/// What a running comparison tells about itself.
package struct DifferentialProgress: Sendable {
  package var elapsedSeconds: Double
  package var episodes: UInt64
  package var differing: UInt64
}

/// A comparison of the model with a kernel: made from a configuration, run once.
package final class Differential: Sendable {
  struct Result {
    var operations: Int
    var steps: Int
    /// The class of its discrepancy, nil for none.
    var kind: String?
    var harnessFault: String?
  }

  /// What ran beyond the last episode that counts is forgotten.
  struct Board {
    var dealt: InOrder<Result>
    var failedWorkers = 0

    var episodes: UInt64 = 0
    var operations: UInt64 = 0
    var steps: UInt64 = 0
    var differing: UInt64 = 0
    var classes: [String: DiffRecord.Class] = [:]
    var first: (episode: UInt64, kind: String)?
    var harnessFault: String?
  }

  package let configuration: DifferentialConfiguration
  private let stateName: String
  private let board: Mutex<Board>
  private let stopRequested = Atomic(false)

  package convenience init(configuration: DifferentialConfiguration) {
    self.init(configuration: configuration, stateName: RunState.processName)
  }

  /// - Parameter stateName: of the file that keeps the seed; no two runs at a time may have the same.
  package init(configuration: DifferentialConfiguration, stateName: String) {
    self.stateName = stateName
    self.configuration = configuration
    let first = configuration.firstEpisode
    board = Mutex(Board(dealt: InOrder(from: first, end: first + configuration.episodes)))
  }

  /// Asks a running comparison to end; safe from any thread and from a signal source. `run` then returns what ran so
  /// far.
  package func requestStop() { stopRequested.store(true, ordering: .releasing) }

  private var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

  /// Compares all episodes, up to the first that differs, or to `requestStop`. Blocks the calling thread.
  /// - Parameters:
  ///   - progress: called about ten times a second.
  ///   - notice: called with a line for the user when something that the run can do without is missing.
  package func run(
    progress: @escaping (DifferentialProgress) -> Void = { _ in }, notice: @escaping (String) -> Void = { _ in }
  ) -> DiffRecord {
    let clock = StopWatch()
    var state: RunState?
    do {
      state = try RunState(command: configuration.prefix, name: stateName)
    } catch {
      notice("the seed is not kept on disk: \(error.message)")
    }
    WorkerThreads.run(
      count: configuration.jobs, work: { [self] _ in work() },
      tick: {
        let (done, differing, first) = board.withLock { ($0.episodes, $0.differing, $0.dealt.firstInFlight) }
        progress(DifferentialProgress(elapsedSeconds: clock.seconds, episodes: done, differing: differing))
        state?.begin(round: first)
      })
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
    isStopped ? nil : board.withLock { $0.dealt.take() }
  }

  private func give(_ episode: UInt64, _ outcome: DifferentialPair.Outcome) {
    let operations = outcome.model.operations
    let result = Result(
      operations: operations.count, steps: operations.reduce(0) { $0 + $1.steps.count },
      kind: outcome.discrepancy?.kind, harnessFault: outcome.harnessFault)
    let isLast = result.harnessFault != nil || result.kind != nil && !configuration.keepsGoing
    board.withLock { board in
      for (episode, result) in board.dealt.give(episode, result, isLast: isLast) { board.count(episode, result) }
    }
  }
}

extension Differential.Board {
  fileprivate mutating func count(_ episode: UInt64, _ result: Differential.Result) {
    episodes += 1
    operations += UInt64(result.operations)
    steps += UInt64(result.steps)
    if let fault = result.harnessFault { harnessFault = "episode \(episode): \(fault)" }
    guard let kind = result.kind else { return }
    differing += 1
    classes[kind, default: .init(name: kind, episodes: 0, firstEpisode: episode)].episodes += 1
    if first == nil { first = (episode, kind) }
  }
}
