/// All strategies, in the order in which they are shown: a new one is its file and its line here.
import Machine

enum Strategies {
  static let all: [StrategyEntry] = [
    RandomWalk.entry,
    PartialOrderSampling.entry,
    Pct.steps2, Pct.steps3, Pct.steps4,
    Pct.changes2, Pct.changes3, Pct.changes4,
    RoundRobin.entry,
  ]
}

/// A strategy in the list: what it is called, and how one is made.
struct StrategyEntry: Sendable {
  let name: String
  let summary: String
  /// Which executions of a hand `portfolio` deals to it.
  let places: [Int]
  let make: @Sendable (_ tasks: Int) -> any MadeStrategy

  /// - Parameters:
  ///   - places: from 0 on. Each place of the hand is one strategy's.
  ///   - make: gets the most tasks that an execution has.
  init<Made: Strategy>(
    _ name: String, _ summary: String, dealt places: Int..., make: @escaping @Sendable (_ tasks: Int) -> Made
  ) {
    self.name = name
    self.summary = summary
    self.places = places
    self.make = { OwnedStrategy(make($0)) }
  }
}

/// A strategy that was made, whichever it is.
protocol MadeStrategy: AnyObject {
  /// Readies it for an execution.
  func begin(_ draws: SplitMix64, _ length: ExecutionLength) -> FiberScheduler.Chooser
  func deallocate()
}

/// Holds a strategy where the scheduler finds it.
private final class OwnedStrategy<Made: Strategy>: MadeStrategy {
  private let strategy: UnsafeMutablePointer<Made>

  init(_ made: Made) {
    strategy = UnsafeMutablePointer<Made>.allocate(capacity: 1)
    strategy.initialize(to: made)
  }

  func deallocate() {
    strategy.pointee.deallocate()
    strategy.deinitialize(count: 1)
    strategy.deallocate()
  }

  func begin(_ draws: SplitMix64, _ length: ExecutionLength) -> FiberScheduler.Chooser {
    strategy.pointee.begin(draws, length: length)
    return strategy.chooser
  }
}
