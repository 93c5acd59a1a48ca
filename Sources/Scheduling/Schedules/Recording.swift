/// Runs an execution again from its log and writes down where it differs from the default schedule.
///
/// A decorator: it holds any strategy's choices to the log that they left, so that strategies need not know of
/// recording and an execution that is not kept costs one store a step.
import CAtomics
import Machine

package struct Recording: Strategy {
  private let log: UnsafeMutableBufferPointer<UInt16>
  private let yes: UnsafeMutableBufferPointer<Schedule.Answer>
  private var position = 0
  package private(set) var schedule = Schedule()
  /// Times a task that could have gone on was left.
  package private(set) var preemptions = 0

  /// - Parameter scheduler: has just run the execution.
  package init(_ scheduler: FiberSchedulerPointer) {
    let answers = (0..<scheduler.pointee.yesCount).map { index in
      let (task, question) = scheduler.pointee.yes[index]
      return Schedule.Answer(task: UInt16(task), index: question)
    }
    log = .allocate(capacity: scheduler.log.count)
    _ = log.initialize(from: scheduler.log)
    yes = .allocate(capacity: answers.count)
    _ = yes.initialize(from: answers)
  }

  package func deallocate() {
    log.deallocate()
    yes.deallocate()
  }

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    position = 0
    schedule = Schedule()
    preemptions = 0
    return true
  }

  package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    guard position < log.count else { return -1 }
    let next = Int(log[position])
    position += 1
    if next != scheduler.defaultNext {
      let running = scheduler.pointee.current
      if running >= 0 && scheduler.isReady(running) { preemptions += 1 }
      schedule.switches.append(
        .init(
          task: running < 0 ? Schedule.start : UInt16(running),
          step: running < 0 ? 0 : scheduler.pointee.fibers[running].decisions, next: UInt16(next)))
    }
    return next
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let answer = Schedule.Answer(
      task: UInt16(scheduler.pointee.current),
      index: scheduler.pointee.fibers[scheduler.pointee.current].questions)
    guard yes.contains(answer) else { return false }
    schedule.answers.append(answer)
    return true
  }

  package static let functions = StrategyFunctions(
    nextTask: { Recording.nextTask($0, $1) }, answer: { Recording.answer($0, $1, $2) })
}
