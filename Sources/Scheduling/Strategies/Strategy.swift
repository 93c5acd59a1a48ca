/// A strategy takes the decisions of an execution: three functions, one short file each.
///
/// What surrounds an execution (the log, the budget, statistics, the check for nondeterminism) stands outside and holds
/// for every strategy alike. A strategy allocates nothing once it is made.
import Machine

package protocol Strategy: SendableMetatype {
  /// Another episode: what was tried of the one before says nothing of it.
  mutating func beginEpisode()

  /// A new execution begins.
  /// - Parameters:
  ///   - draws: the execution's own stream.
  ///   - length: steps that an execution of this episode takes, as the one before showed.
  /// - Returns: false if nothing is left to try on the episode; there is no such execution then.
  mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool

  /// Chooses one of the ready tasks.
  mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int

  /// Answers a question of the running task; yes is the rarer answer.
  mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool

  /// Gives back what it has allocated.
  func deallocate()

  /// The functions by which the scheduler calls this strategy: C functions, which only a concrete type can give.
  static var functions: StrategyFunctions { get }
}

extension Strategy {
  package mutating func beginEpisode() {}
  package func deallocate() {}
}

/// How long an execution is, for strategies that place something in it.
package struct ExecutionLength: Sendable {
  /// Steps in all.
  package var steps: Int
  /// Of them, read-modify-writes and stores of SPTEs and locks.
  package var changes: Int

  package init(steps: Int, changes: Int) {
    self.steps = steps
    self.changes = changes
  }
}

package struct StrategyFunctions: Sendable {
  package var nextTask: FiberScheduler.Chooser.NextTask
  package var answer: FiberScheduler.Chooser.Answer

  package init(nextTask: @escaping FiberScheduler.Chooser.NextTask, answer: @escaping FiberScheduler.Chooser.Answer) {
    self.nextTask = nextTask
    self.answer = answer
  }
}

extension Strategy {
  @inline(__always) static func nextTask(_ state: UnsafeMutableRawPointer, _ scheduler: UnsafeMutableRawPointer)
    -> Int32
  {
    Int32(
      truncatingIfNeeded: state.assumingMemoryBound(to: Self.self).pointee.nextTask(
        scheduler.assumingMemoryBound(to: FiberScheduler.self)))
  }

  @inline(__always) static func answer(
    _ state: UnsafeMutableRawPointer, _ scheduler: UnsafeMutableRawPointer, _ question: UInt32
  ) -> Bool {
    state.assumingMemoryBound(to: Self.self).pointee.answer(
      scheduler.assumingMemoryBound(to: FiberScheduler.self), Question(rawValue: question) ?? .busy)
  }
}

extension UnsafeMutablePointer where Pointee: Strategy {
  /// The strategy as the scheduler takes it. It must outlive the execution.
  package var chooser: FiberScheduler.Chooser {
    FiberScheduler.Chooser(
      state: UnsafeMutableRawPointer(self), nextTask: Pointee.functions.nextTask, answer: Pointee.functions.answer)
  }
}

extension SplitMix64 {
  /// The drawn answer to a question: one BUSY in four, one yield in eight, two in four where another task waits.
  @inline(__always) mutating func answer(_ question: Question) -> Bool {
    let word = next()
    return switch question {
    case .busy: word & 3 == 0
    case .resched: word & 7 == 0
    case .needbreak: word & 3 < 2
    }
  }
}
