import Machine
/// Schedules drawn for an episode, an execution each: a strategy begins, the world executes, and how long that was is
/// what the next execution is told.
import Scheduling

package final class Sampler {
  private let world: FiberWorld
  private let strategies: StrategySet
  /// Of the execution before, and what that one was told.
  @exclusivity(unchecked) private var length = ExecutionLength(steps: 1, changes: 1)
  @exclusivity(unchecked) private var lengthBefore = ExecutionLength(steps: 1, changes: 1)

  package init(_ world: FiberWorld) {
    self.world = world
    strategies = StrategySet(tasks: world.capacity)
  }

  deinit { strategies.deallocate() }

  /// Another episode, which the world has been prepared for.
  /// - Parameter guess: of the length of its executions, before there is one.
  package func begin(_ guess: ExecutionLength) {
    strategies.beginEpisode()
    length = guess
  }

  /// Executes the episode.
  /// - Parameters:
  ///   - index: which of its executions this is: the portfolio deals by that.
  ///   - draws: the execution's own stream.
  /// - Returns: false if the strategy has nothing left to try: nothing was executed.
  package func execute(_ strategy: StrategyName, _ index: Int, _ draws: SplitMix64) -> Bool {
    guard let chooser = strategies.begin(strategy, index, draws, length) else { return false }
    world.execute(chooser)
    lengthBefore = length
    length = world.length
    return true
  }

  /// Executes the episode as it was executed last, if all that is told is equal.
  package func executeAgain(_ strategy: StrategyName, _ index: Int, _ draws: SplitMix64) {
    length = lengthBefore
    _ = execute(strategy, index, draws)
  }
}

extension FiberWorld {
  /// Of the last execution.
  package var length: ExecutionLength {
    ExecutionLength(steps: scheduler.pointee.steps, changes: scheduler.pointee.changes)
  }

  /// Executes the prepared episode under a strategy that is made for that.
  /// - Parameter read: gets the strategy as the execution has left it.
  package func execute<Made: Strategy, Result>(_ strategy: Made, read: (Made) -> Result) -> Result {
    let pointer = UnsafeMutablePointer<Made>.allocate(capacity: 1)
    pointer.initialize(to: strategy)
    defer {
      pointer.pointee.deallocate()
      pointer.deinitialize(count: 1)
      pointer.deallocate()
    }
    _ = pointer.pointee.begin(SplitMix64(state: 0), length: ExecutionLength(steps: 1, changes: 1))
    execute(pointer.chooser)
    return read(pointer.pointee)
  }
}
