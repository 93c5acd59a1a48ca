/// The engine that runs schedules: a campaign's chunks on one or more workers, up to the first failure.
import Executions
import Foundation
import Synchronization

final class Explorer: Sendable {
  let configuration: ExploreConfiguration
  let merge: Merge
  private let early = EarlyEnd()
  private let running: Mutex<Int>
  private let failedWorkers = Mutex(0)
  private static let stackBytes = 4 << 20

  init(_ configuration: ExploreConfiguration) {
    self.configuration = configuration
    merge = Merge(configuration)
    running = Mutex(configuration.jobs)
  }

  /// Runs the campaign. `tick` is called about ten times a second and ends it by answering false.
  /// - Returns: false if no worker could be made.
  func run(tick: () -> Bool) -> Bool {
    let done = DispatchSemaphore(value: 0)
    for _ in 0..<configuration.jobs {
      let thread = Thread { [self] in
        work()
        done.signal()
      }
      thread.stackSize = Self.stackBytes
      thread.start()
    }
    var left = configuration.jobs
    while left > 0 {
      if done.wait(timeout: .now() + .milliseconds(100)) == .success {
        left -= 1
        continue
      }
      if !tick() {
        merge.stop()
        early.request()
      }
    }
    early.retire()
    return failedWorkers.withLock { $0 } < configuration.jobs
  }

  private func work() {
    guard let runner = ChunkRunner(configuration, early: early), runner.world.scheduler.registerThread() else {
      return failedWorkers.withLock { $0 += 1 }
    }
    while let (chunk, limit) = merge.take() {
      merge.give(runner.run(chunk, limit: limit))
    }
    runner.world.scheduler.unregisterThread()
    runner.deallocate()
  }
}
