/// Partial-order sampling: each pending step has a random priority, the highest goes first, and steps that race with it
/// draw theirs anew. Interleavings that differ only in independent steps are less favoured than by a random walk.
///
/// Source: Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018.
import Machine

package struct PartialOrderSampling: Strategy {
  static let entry = StrategyEntry(
    "pos", "partial-order sampling: random priorities of steps, drawn anew after a race", dealt: 2, 6, 10
  ) { PartialOrderSampling(tasks: $0) }

  private var draws = SplitMix64(state: 0)
  /// Priority of each task's pending step, 0 for one that is to be drawn.
  private let priorities: UnsafeMutablePointer<UInt64>
  private let tasks: Int

  package init(tasks: Int) {
    self.tasks = tasks
    priorities = UnsafeMutablePointer<UInt64>.allocate(capacity: tasks)
    priorities.initialize(repeating: 0, count: tasks)
  }

  package func deallocate() { priorities.deallocate() }

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    self.draws = draws
    priorities.update(repeating: 0, count: tasks)
    return true
  }

  @inline(__always) package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    var best = 0
    var bestPriority: UInt64 = 0
    for index in 0..<scheduler.pointee.readyCount {
      let id = Int(scheduler.pointee.ready[index])
      if priorities[id] == 0 { priorities[id] = draws.next() | 1 }
      if priorities[id] > bestPriority {
        bestPriority = priorities[id]
        best = id
      }
    }
    let chosen = scheduler.pointee.fibers[best]
    for index in 0..<scheduler.pointee.readyCount {
      let id = Int(scheduler.pointee.ready[index])
      if Self.races(chosen, scheduler.pointee.fibers[id]) { priorities[id] = 0 }
    }
    priorities[best] = 0
    return best
  }

  @inline(__always) private static func races(_ left: Fiber, _ right: Fiber) -> Bool {
    left.pendingAddress == right.pendingAddress && left.pendingAddress != nil
      && !(FiberScheduler.isRead(left.pendingKind) && FiberScheduler.isRead(right.pendingKind))
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    draws.answer(question)
  }

  package static let functions = StrategyFunctions(
    nextTask: { PartialOrderSampling.nextTask($0, $1) }, answer: { PartialOrderSampling.answer($0, $1, $2) })
}

extension StrategyName {
  public static let partialOrder = listed("pos")
}
