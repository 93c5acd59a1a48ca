/// One operation on one task, with its events and its promise to the checkers: the same under every engine.
import CAtomics
import Checkers
import Machine

package struct OperationRunner {
  let vm: VirtualMachine
  let suite: CheckerSuitePointer

  package init(vm: VirtualMachine, suite: CheckerSuitePointer) {
    self.vm = vm
    self.suite = suite
  }

  /// - Parameter pollsAlways: RCU callbacks run as soon as they may, not in batches.
  /// - Returns: how it ended, and how long it took in the events' time.
  @discardableResult
  @inline(__always) package func carryOut(
    _ task: TaskPointer, _ request: Request, pollsAlways: Bool
  ) -> (effect: Effect, duration: UInt64) {
    task.begin(request)
    task.endStreak()
    task.emit(
      .operationBegin, gfn: request.range.lowerBound, old: UInt64(request.operation.rawValue),
      new: UInt64(request.range.count))
    let begin = task.lastStamp
    task.publish(.operationStart, begin)
    task.publish(.operation, (UInt64(request.operation.rawValue) + 1) << 56 | request.range.lowerBound)

    let effect = vm.perform(task, request)

    task.emit(.operationEnd, gfn: request.range.lowerBound, old: UInt64(request.operation.rawValue))
    let duration = task.lastStamp &- begin
    task.drain()
    suite.promised(task, effect, begin: begin)
    task.rcuPoll(force: pollsAlways)
    return (effect, duration)
  }

  /// Adds an outcome to the task's table.
  @inline(__always) package static func count(_ task: TaskPointer, _ operation: Operation, _ outcome: Outcome) {
    task.pointee.outcomes[Int(operation.rawValue) &* Outcome.allCases.count &+ Int(outcome.rawValue)] &+= 1
  }
}
