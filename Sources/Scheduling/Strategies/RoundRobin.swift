/// Every task in turn, each for the same number of steps: the fairest schedule, and for a large quantum the serial one.
import Machine

package struct RoundRobin: Strategy {
  static let entry = StrategyEntry(
    "round-robin", "every thread in turn, a drawn number of steps each", dealt: 14
  ) { _ in RoundRobin() }

  private var draws = SplitMix64(state: 0)
  private var quantum = 1
  private var left = 0

  package init() {}

  /// The quantum is drawn, small ones more often: 1 to 128 steps.
  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    self.draws = draws
    let bits = self.draws.below(8)
    quantum = 1 + Int(self.draws.below(1 << bits))
    left = quantum
    return true
  }

  @inline(__always) package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    left &-= 1
    if left > 0 && scheduler.isReady(scheduler.pointee.current) { return scheduler.pointee.current }
    left = quantum
    var id = scheduler.pointee.current
    repeat { id = id &+ 1 < scheduler.pointee.count ? id &+ 1 : 0 } while !scheduler.isReady(id)
    return id
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    draws.answer(question)
  }

  package static let functions = StrategyFunctions(
    nextTask: { RoundRobin.nextTask($0, $1) }, answer: { RoundRobin.answer($0, $1, $2) })
}

extension StrategyName {
  public static let roundRobin = listed("round-robin")
}
