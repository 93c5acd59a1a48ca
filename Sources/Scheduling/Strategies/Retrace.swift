/// Runs an execution again from the raw log of a process that died in it, and writes down its schedule where another
/// process sees it: this one is expected to die at the same step.
///
/// Behind the last step of the log stand those of earlier executions. Where this execution comes that far after all,
/// the first that cannot be followed ends it.
import Machine

package struct Retrace: Strategy {
  private let log: FlightLog
  private let memory: FlightSchedule
  private var position = 0

  package init(_ log: FlightLog, into memory: FlightSchedule) {
    self.log = log
    self.memory = memory
  }

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    position = 0
    memory.clear()
    return true
  }

  package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    guard position < log.steps.count else { return -1 }
    let next = Int(log.steps[position])
    position += 1
    guard next < scheduler.pointee.count, scheduler.isReady(next) else { return -1 }
    let running = scheduler.pointee.current
    if next != scheduler.defaultNext {
      memory.append(
        Schedule.Switch(
          task: running < 0 ? Schedule.start : UInt16(running),
          step: running < 0 ? 0 : scheduler.pointee.fibers[running].decisions, next: UInt16(next)),
        isPreemption: running >= 0 && scheduler.isReady(running))
    }
    memory.note(step: position, scheduler.pointee.machine.pointee.tasks[next])
    return next
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let task = scheduler.pointee.current
    let index = scheduler.pointee.fibers[task].questions
    for yes in log.yes {
      if yes.task < 0 { return false }
      guard Int(yes.task) == task, yes.question == index else { continue }
      memory.append(Schedule.Answer(task: UInt16(task), index: index))
      return true
    }
    return false
  }

  package static let functions = StrategyFunctions(
    nextTask: { Retrace.nextTask($0, $1) }, answer: { Retrace.answer($0, $1, $2) })
}
