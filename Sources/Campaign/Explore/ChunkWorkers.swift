/// The engine that runs schedules: a campaign's chunks on one or more workers, up to the first failure.
import Executions
import Synchronization

final class ChunkWorkers: Sendable {
  let configuration: ExploreConfiguration
  let board: ChunkBoard
  private let early = EarlyEnd()
  private let failedWorkers = Mutex(0)

  init(_ configuration: ExploreConfiguration) {
    self.configuration = configuration
    board = ChunkBoard(configuration)
  }

  /// Runs the campaign. `tick` is called about ten times a second and ends it by answering false.
  /// - Returns: false if no worker could be made.
  func run(tick: () -> Bool) -> Bool {
    WorkerThreads.run(
      count: configuration.jobs, work: { [self] _ in work() },
      tick: {
        // Something is begun, however short the time is: what a campaign came to does not hang on a worker's start.
        guard !tick(), board.hasBegun else { return }
        board.stop()
        early.request()
      })
    early.retire()
    return failedWorkers.withLock { $0 } < configuration.jobs
  }

  private func work() {
    guard let runner = ChunkRunner(configuration, early: early), runner.world.scheduler.registerThread() else {
      return failedWorkers.withLock { $0 += 1 }
    }
    while let piece = board.take() { board.give(piece, runner.run(piece, of: board)) }
    runner.world.scheduler.unregisterThread()
  }
}
