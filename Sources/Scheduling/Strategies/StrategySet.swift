/// One of each strategy, made once and used for many executions by one thread.
import Machine

package struct StrategySet {
  private struct Made {
    var chooser: FiberScheduler.Chooser
    var entry: StrategyEntry
  }

  /// A pointer and no array: what holds a set reads it at each execution.
  private let made: UnsafeMutableBufferPointer<Made>

  /// - Parameter tasks: the most that an execution has.
  package init(tasks: Int) { self.init(tasks: tasks, Strategies.all) }

  /// - Parameter strategies: in the places of the listed ones, for tests.
  package init(tasks: Int, _ strategies: [StrategyEntry]) {
    made = .allocate(capacity: strategies.count)
    _ = made.initialize(from: strategies.map { Made(chooser: $0.chooser($0.make(tasks)), entry: $0) })
  }

  package func deallocate() {
    for one in made { one.entry.deallocate(one.chooser.state) }
    made.deinitialize()
    made.deallocate()
  }

  /// Another episode.
  package func beginEpisode() { for one in made { one.entry.beginEpisode(one.chooser.state) } }

  /// Readies a strategy for the execution that is number `index` of its episode.
  /// - Returns: nil if the strategy has nothing left to try. In the portfolio a random walk takes its place.
  package func begin(
    _ name: StrategyName, _ index: Int, _ draws: SplitMix64, _ length: ExecutionLength
  ) -> FiberScheduler.Chooser? {
    let one = made.baseAddress.unsafelyUnwrapped + Portfolio.deal(name, index).number
    if _fastPath(one.pointee.entry.begin(one.pointee.chooser.state, draws, length)) { return one.pointee.chooser }
    return name == .portfolio ? begin(.randomWalk, index, draws, length) : nil
  }

  /// Readies a strategy for an execution. `portfolio` must have been dealt before.
  package func begin(_ name: StrategyName, _ draws: SplitMix64, _ length: ExecutionLength) -> FiberScheduler.Chooser {
    let one = made.baseAddress.unsafelyUnwrapped + name.number
    _ = one.pointee.entry.begin(one.pointee.chooser.state, draws, length)
    return one.pointee.chooser
  }
}
