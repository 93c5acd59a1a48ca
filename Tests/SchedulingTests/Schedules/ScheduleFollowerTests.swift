import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct ScheduleFollowerTests {
  private static let steps = 3

  /// Three tasks of three steps under a schedule.
  private func replay(_ schedule: Schedule, isStrict: Bool) throws -> (ExecutionEnd, [Int], isFollowed: Bool) {
    let rig = try FiberRig.make(3)
    let words = rig.words
    let strategy = UnsafeMutablePointer<ScheduleFollower>.allocate(capacity: 1)
    strategy.initialize(to: ScheduleFollower(schedule, isStrict: isStrict))
    defer {
      strategy.pointee.deallocate()
      strategy.deallocate()
    }
    let begins = strategy.pointee.begin(SplitMix64(state: 0), length: ExecutionLength(steps: 1, changes: 1))
    #expect(begins)
    let body: FiberRig.Body = { task in for _ in 0..<Self.steps { task.load(words[0]) } }
    let end = rig.run([body, body, body], strategy.chooser)
    return (end, rig.log, strategy.pointee.isFollowed)
  }

  private func switches(_ list: [(UInt16, UInt32, UInt16)]) -> Schedule {
    Schedule(switches: list.map { .init(task: $0.0, step: $0.1, next: $0.2) })
  }

  @Test(arguments: [true, false]) func `an empty schedule is the default one`(isStrict: Bool) throws {
    let (end, log, isFollowed) = try replay(Schedule(), isStrict: isStrict)
    #expect(end == .completed && isFollowed)
    #expect(log == [0, 0, 0, 1, 1, 1, 2, 2, 2])
  }

  @Test(arguments: [true, false]) func `a schedule is followed where it differs from the default`(isStrict: Bool) throws
  {
    let schedule = switches([(Schedule.start, 0, 1), (1, 1, 2), (2, 1, 0), (0, 1, 1)])
    let (end, log, isFollowed) = try replay(schedule, isStrict: isStrict)
    #expect(end == .completed && isFollowed)
    #expect(log == [1, 1, 2, 2, 0, 0, 1, 0, 2])
  }

  @Test func `strict, a choice that is not offered ends the execution, lenient, it is passed over`() throws {
    // Task 0 has ended when it should be turned to.
    let schedule = switches([(1, 1, 0), (2, 0, 1)])
    let (end, log, isFollowed) = try replay(schedule, isStrict: true)
    #expect(end == .diverged && !isFollowed)
    #expect(log == [0, 0, 0, 1, 1])
    let lenient = try replay(schedule, isStrict: false)
    #expect(lenient.0 == .completed && !lenient.isFollowed)
    #expect(lenient.1 == [0, 0, 0, 1, 1, 1, 2, 2, 2])
  }

  @Test(arguments: [true, false]) func `a task that does not exist is no choice`(isStrict: Bool) throws {
    let (end, log, isFollowed) = try replay(switches([(0, 0, 900)]), isStrict: isStrict)
    #expect(end == (isStrict ? .diverged : .completed))
    #expect(log.count == (isStrict ? 1 : 9))
    #expect(!isFollowed)
  }

  @Test(arguments: [true, false]) func `what is never reached is not followed`(isStrict: Bool) throws {
    let (end, log, isFollowed) = try replay(switches([(0, 77, 1)]), isStrict: isStrict)
    #expect(end == .completed && !isFollowed)
    #expect(log == [0, 0, 0, 1, 1, 1, 2, 2, 2])
  }

  @Test func `lenient, what follows a choice that is never reached is still taken`() throws {
    let (_, log, isFollowed) = try replay(switches([(0, 77, 1), (0, 0, 2)]), isStrict: false)
    #expect(!isFollowed)
    #expect(log == [0, 2, 2, 2, 0, 0, 1, 1, 1])
    let strict = try replay(switches([(0, 77, 1), (0, 0, 2)]), isStrict: true)
    #expect(strict.1 == [0, 0, 0, 1, 1, 1, 2, 2, 2])
  }
}
