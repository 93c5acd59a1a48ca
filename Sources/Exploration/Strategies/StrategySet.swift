/// One of each strategy, made once and used for many executions by one thread.
import Machine

public struct StrategySet {
  private let made: [any MadeStrategy]

  /// - Parameter tasks: the most that an execution has.
  public init(tasks: Int) { made = Strategies.all.map { $0.make(tasks) } }

  public func deallocate() { for strategy in made { strategy.deallocate() } }

  /// Readies a strategy for an execution. `portfolio` must have been dealt before.
  public func begin(_ name: StrategyName, _ draws: SplitMix64, _ length: ExecutionLength) -> FiberScheduler.Chooser {
    made[max(name.number, 0)].begin(draws, length)
  }
}
