/// All strategies, in the order in which they are shown: a new one is its file and its line here.
import Machine

package enum Strategies {
  package static let all: [StrategyEntry] = [
    RandomWalk.entry,
    PartialOrderSampling.entry,
    Pct.steps2, Pct.steps3, Pct.steps4,
    Pct.changes2, Pct.changes3, Pct.changes4,
    RoundRobin.entry,
  ]
}

/// A strategy in the list: what it is called, and how one is made and used.
///
/// Functions of the concrete type, taken where it is known: an execution of two threads is over in a third of a
/// microsecond, and a class or an existential would be a part of that.
package struct StrategyEntry: Sendable {
  package let name: String
  let summary: String
  /// Which executions of a hand `portfolio` deals to it.
  let places: [Int]
  let make: @Sendable (_ tasks: Int) -> UnsafeMutableRawPointer
  let chooser: @Sendable (UnsafeMutableRawPointer) -> FiberScheduler.Chooser
  let beginEpisode: @Sendable (UnsafeMutableRawPointer) -> Void
  let begin: @Sendable (UnsafeMutableRawPointer, SplitMix64, ExecutionLength) -> Bool
  let deallocate: @Sendable (UnsafeMutableRawPointer) -> Void

  /// - Parameters:
  ///   - places: from 0 on. Each place of the hand is one strategy's.
  ///   - make: gets the most tasks that an execution has.
  @inline(__always) package init<Made: Strategy>(
    _ name: String, _ summary: String, dealt places: Int..., make: @escaping @Sendable (_ tasks: Int) -> Made
  ) {
    self.name = name
    self.summary = summary
    self.places = places
    self.make = { tasks in
      let strategy = UnsafeMutablePointer<Made>.allocate(capacity: 1)
      strategy.initialize(to: make(tasks))
      return UnsafeMutableRawPointer(strategy)
    }
    chooser = { $0.assumingMemoryBound(to: Made.self).chooser }
    beginEpisode = { $0.assumingMemoryBound(to: Made.self).pointee.beginEpisode() }
    begin = { $0.assumingMemoryBound(to: Made.self).pointee.begin($1, length: $2) }
    deallocate = { state in
      let strategy = state.assumingMemoryBound(to: Made.self)
      strategy.pointee.deallocate()
      strategy.deinitialize(count: 1)
      strategy.deallocate()
    }
  }
}
