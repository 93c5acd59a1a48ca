/// Follows a schedule: the default but where the schedule differs.
///
/// Strict, it ends the execution where the schedule cannot be followed. Lenient, it passes over what cannot be
/// followed: so that minimising can try a schedule on an episode that it was not made for.
import Machine

package struct ScheduleFollower: Strategy {
  private let switches: UnsafeMutableBufferPointer<Schedule.Switch>
  private let answers: UnsafeMutableBufferPointer<Schedule.Answer>
  private let isStrict: Bool
  private var nextSwitch = 0
  /// Switches that were passed over, bit by bit.
  private var used: UnsafeMutablePointer<Bool>
  /// What of the schedule was followed.
  package private(set) var followed = 0

  package init(_ schedule: Schedule, isStrict: Bool) {
    switches = .allocate(capacity: schedule.switches.count)
    _ = switches.initialize(from: schedule.switches)
    answers = .allocate(capacity: schedule.answers.count)
    _ = answers.initialize(from: schedule.answers)
    used = .allocate(capacity: schedule.switches.count)
    used.initialize(repeating: false, count: schedule.switches.count)
    self.isStrict = isStrict
  }

  package func deallocate() {
    switches.deallocate()
    answers.deallocate()
    used.deallocate()
  }

  /// True once nothing of the schedule is left to follow.
  package var isFollowed: Bool { followed == switches.count + answers.count }

  package mutating func begin(_ draws: SplitMix64, length: ExecutionLength) -> Bool {
    nextSwitch = 0
    followed = 0
    used.update(repeating: false, count: switches.count)
    return true
  }

  package mutating func nextTask(_ scheduler: FiberSchedulerPointer) -> Int {
    let running = scheduler.pointee.current
    let task = running < 0 ? Schedule.start : UInt16(running)
    let step = running < 0 ? 0 : scheduler.pointee.fibers[running].decisions
    if isStrict {
      guard nextSwitch < switches.count, switches[nextSwitch].task == task, switches[nextSwitch].step == step else {
        return scheduler.defaultNext
      }
      let next = Int(switches[nextSwitch].next)
      guard next < scheduler.pointee.count, scheduler.isReady(next) else { return -1 }
      nextSwitch += 1
      followed += 1
      return next
    }
    for index in nextSwitch..<switches.count
    where !used[index] && switches[index].task == task && switches[index].step == step {
      used[index] = true
      while nextSwitch < switches.count && used[nextSwitch] { nextSwitch += 1 }
      let next = Int(switches[index].next)
      guard next < scheduler.pointee.count, scheduler.isReady(next) else { break }
      followed += 1
      return next
    }
    return scheduler.defaultNext
  }

  package mutating func answer(_ scheduler: FiberSchedulerPointer, _ question: Question) -> Bool {
    let running = scheduler.pointee.current
    let index = scheduler.pointee.fibers[running].questions
    for answer in answers where Int(answer.task) == running && answer.index == index {
      followed += 1
      return true
    }
    return false
  }

  package static let functions = StrategyFunctions(
    nextTask: { ScheduleFollower.nextTask($0, $1) }, answer: { ScheduleFollower.answer($0, $1, $2) })
}
