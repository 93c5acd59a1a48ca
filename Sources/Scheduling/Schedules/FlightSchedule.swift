/// A schedule in memory that two processes share: one writes it down until it dies, the other reads it.
import Machine

package struct FlightSchedule {
  private struct Head {
    var switches: UInt64 = 0
    var answers: UInt64 = 0
    var preemptions: UInt64 = 0
    var steps: UInt64 = 0
    var task: UInt64 = 0
    var gfn: Gfn = 0
    var operation: UInt8 = 0
    var isCut = false
  }

  private static let headBytes = 64
  private static let answerCapacity = 8 << 10

  private let head: UnsafeMutablePointer<Head>
  private let answers: UnsafeMutablePointer<Schedule.Answer>
  private let switches: UnsafeMutablePointer<Schedule.Switch>
  private let switchCapacity: Int

  /// - Parameter memory: aligned to 64 bytes, a megabyte at least.
  package init(_ memory: UnsafeMutableRawBufferPointer) {
    let start = memory.baseAddress.unsafelyUnwrapped
    let answerBytes = Self.answerCapacity * MemoryLayout<Schedule.Answer>.stride
    head = start.bindMemory(to: Head.self, capacity: 1)
    answers = (start + Self.headBytes).bindMemory(to: Schedule.Answer.self, capacity: Self.answerCapacity)
    switchCapacity = (memory.count - Self.headBytes - answerBytes) / MemoryLayout<Schedule.Switch>.stride
    switches = (start + Self.headBytes + answerBytes).bindMemory(to: Schedule.Switch.self, capacity: switchCapacity)
  }

  package func clear() { head.pointee = Head() }

  func append(_ change: Schedule.Switch, isPreemption: Bool) {
    if isPreemption { head.pointee.preemptions += 1 }
    guard head.pointee.switches < UInt64(switchCapacity) else {
      head.pointee.isCut = true
      return
    }
    switches[Int(head.pointee.switches)] = change
    head.pointee.switches += 1
  }

  func append(_ answer: Schedule.Answer) {
    guard head.pointee.answers < UInt64(Self.answerCapacity) else {
      head.pointee.isCut = true
      return
    }
    answers[Int(head.pointee.answers)] = answer
    head.pointee.answers += 1
  }

  func note(step: Int, _ task: TaskPointer) {
    head.pointee.steps = UInt64(step)
    head.pointee.task = UInt64(task.pointee.id)
    head.pointee.gfn = task.pointee.rangeStart
    head.pointee.operation = task.pointee.currentOperation.rawValue
  }

  /// What was written down; nil if it did not fit.
  package var schedule: Schedule? {
    guard !head.pointee.isCut, head.pointee.switches <= UInt64(switchCapacity),
      head.pointee.answers <= UInt64(Self.answerCapacity)
    else { return nil }
    return Schedule(
      switches: Array(UnsafeBufferPointer(start: switches, count: Int(head.pointee.switches))),
      answers: Array(UnsafeBufferPointer(start: answers, count: Int(head.pointee.answers))))
  }

  package var preemptions: Int { Int(head.pointee.preemptions) }
  /// Steps that were taken.
  package var steps: Int { Int(head.pointee.steps) }
  /// Whose the last step was, and what that task was about.
  package var last: (task: Int, operation: Operation, gfn: Gfn) {
    (Int(head.pointee.task), Operation(rawValue: head.pointee.operation) ?? .fault, head.pointee.gfn)
  }
}
