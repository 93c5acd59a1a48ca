import Machine
/// Executions under a strategy, watched decision by decision.
import Scheduling
import TestSupport
import Testing

private final class Box<Value> {
  var value: Value
  init(_ value: Value) { self.value = value }
}

extension FiberRig {
  static func make(_ tasks: Int) throws -> FiberRig { try #require(FiberRig(tasks: tasks), "no address space") }

  var length: ExecutionLength {
    ExecutionLength(steps: scheduler.pointee.steps, changes: scheduler.pointee.changes)
  }

  /// Runs the bodies `count` times, each time with the stream of the next schedule number and the length of the
  /// execution before.
  /// - Parameters:
  ///   - watch: gets the scheduler and the strategy's choice at each decision.
  ///   - body: called after each execution with its number and its end; false ends the exploration.
  func explore<Value: Strategy>(
    _ strategy: Value, _ bodies: [Body], count: UInt64, seed: UInt64 = 1, length first: ExecutionLength? = nil,
    watch: ((FiberSchedulerPointer, Int) -> Void)? = nil, each body: (UInt64, ExecutionEnd) -> Bool
  ) {
    let box = Box(strategy)
    next = { scheduler in
      let choice = box.value.nextTask(scheduler)
      watch?(scheduler, choice)
      return choice
    }
    answer = { box.value.answer($0, $1) }
    var length = first ?? ExecutionLength(steps: 20, changes: 20)
    for index in 0..<count {
      guard box.value.begin(SplitMix64(seed: seed, .schedule, index: index), length: length) else { return }
      let end = run(bodies)
      if first == nil { length = self.length }
      if !body(index, end) { return }
    }
  }
}

extension UnsafeMutablePointer where Pointee == FiberScheduler {
  /// The running task can go on and `choice` is another one.
  func isPreemption(_ choice: Int) -> Bool {
    pointee.current >= 0 && choice != pointee.current && isReady(pointee.current)
  }
}
