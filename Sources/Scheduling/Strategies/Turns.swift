/// Follows turns, as a person writes a schedule down: a thread goes on for a number of steps, then another one.
///
/// A thread that cannot go on has lost what is left of its turn. After the last turn it goes on by default.
import Machine

package struct Turns: Strategy {
  private let turns: UnsafeMutableBufferPointer<(thread: Int, steps: Int)>
  private let answers: UnsafeMutableBufferPointer<Schedule.Answer>
  private var position = 0
  private var taken = 0

  package init(_ turns: [(thread: Int, steps: Int)], answers: [Schedule.Answer]) {
    self.turns = .allocate(capacity: turns.count)
    _ = self.turns.initialize(from: turns)
    self.answers = .allocate(capacity: answers.count)
    _ = self.answers.initialize(from: answers)
  }

  package func deallocate() {
    turns.deallocate()
    answers.deallocate()
  }

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    position = 0
    taken = 0
    return true
  }

  package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    while position < turns.count {
      let turn = turns[position]
      if taken < turn.steps, turn.thread < scheduler.pointee.count, scheduler.isReady(turn.thread) {
        taken += 1
        return turn.thread
      }
      position += 1
      taken = 0
    }
    return scheduler.defaultNext
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let running = scheduler.pointee.current
    let index = scheduler.pointee.fibers[running].questions
    return answers.contains { Int($0.task) == running && $0.index == index }
  }

  package static let functions = StrategyFunctions(
    nextTask: { Turns.nextTask($0, $1) }, answer: { Turns.answer($0, $1, $2) })
}
