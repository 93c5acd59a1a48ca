/// At every step each ready task is equally likely.
import Machine

package struct RandomWalk: Strategy {
  static let entry = StrategyEntry(
    "random-walk", "at every step each ready thread is equally likely", dealt: 0, 4, 8, 12
  ) { _ in RandomWalk() }

  private var draws = SplitMix64(state: 0)

  package init() {}

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    self.draws = draws
    return true
  }

  @inline(__always) package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    let index = draws.below(UInt64(truncatingIfNeeded: scheduler.pointee.readyCount))
    return Int(scheduler.pointee.ready[Int(truncatingIfNeeded: index)])
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    draws.answer(question)
  }

  package static let functions = StrategyFunctions(
    nextTask: { RandomWalk.nextTask($0, $1) }, answer: { RandomWalk.answer($0, $1, $2) })
}

extension StrategyName {
  public static let randomWalk = listed("random-walk")
}
