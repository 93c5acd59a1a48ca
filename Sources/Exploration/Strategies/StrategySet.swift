/// One of each strategy, made once and used for many executions by one thread.
import Machine

public struct StrategySet {
  private let randomWalk: UnsafeMutablePointer<RandomWalk>
  private let partialOrder: UnsafeMutablePointer<PartialOrderSampling>
  private let roundRobin: UnsafeMutablePointer<RoundRobin>
  /// Depths 2, 3 and 4; then the same on changes alone.
  private let pct: UnsafeMutablePointer<Pct>
  private static let pctCount = 6

  /// - Parameter tasks: the most that an execution has.
  public init(tasks: Int) {
    func made<Value: Strategy>(_ value: Value) -> UnsafeMutablePointer<Value> {
      let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
      pointer.initialize(to: value)
      return pointer
    }
    randomWalk = made(RandomWalk())
    partialOrder = made(PartialOrderSampling(tasks: tasks))
    roundRobin = made(RoundRobin())
    pct = UnsafeMutablePointer<Pct>.allocate(capacity: Self.pctCount)
    for index in 0..<Self.pctCount {
      (pct + index).initialize(to: Pct(depth: 2 + index % 3, changesOnly: index >= 3, tasks: tasks))
    }
  }

  public func deallocate() {
    for index in 0..<Self.pctCount { pct[index].deallocate() }
    pct.deallocate()
    partialOrder.pointee.deallocate()
    partialOrder.deallocate()
    roundRobin.deallocate()
    randomWalk.deallocate()
  }

  /// Readies a strategy for an execution. `portfolio` must have been dealt before.
  public func begin(_ name: StrategyName, _ draws: SplitMix64, _ length: ExecutionLength) -> FiberScheduler.Chooser {
    switch name {
    case .portfolio, .randomWalk: Self.begin(randomWalk, draws, length)
    case .partialOrder: Self.begin(partialOrder, draws, length)
    case .roundRobin: Self.begin(roundRobin, draws, length)
    case .pct2: Self.begin(pct, draws, length)
    case .pct3: Self.begin(pct + 1, draws, length)
    case .pct4: Self.begin(pct + 2, draws, length)
    case .pctChanges2: Self.begin(pct + 3, draws, length)
    case .pctChanges3: Self.begin(pct + 4, draws, length)
    case .pctChanges4: Self.begin(pct + 5, draws, length)
    }
  }

  @inline(__always) private static func begin<Value: Strategy>(
    _ strategy: UnsafeMutablePointer<Value>, _ draws: SplitMix64, _ length: ExecutionLength
  ) -> FiberScheduler.Chooser {
    strategy.pointee.begin(draws, length: length)
    return strategy.chooser
  }
}
