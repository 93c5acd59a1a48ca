import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct RecordingTests {
  /// The schedule of the rig's last execution.
  private func record(_ rig: FiberRig) -> (Schedule, preemptions: Int) {
    let strategy = UnsafeMutablePointer<Recording>.allocate(capacity: 1)
    strategy.initialize(to: Recording(rig.scheduler))
    defer {
      strategy.pointee.deallocate()
      strategy.deinitialize(count: 1)
      strategy.deallocate()
    }
    _ = strategy.pointee.begin(SplitMix64(state: 0), length: rig.length)
    _ = rig.again(strategy.chooser)
    return (strategy.pointee.schedule, strategy.pointee.preemptions)
  }

  @Test func `the default execution has an empty schedule`() throws {
    let rig = try FiberRig.make(3)
    rig.run(Micro.bodies(rig, threads: 3, iterations: 2))
    let (schedule, preemptions) = record(rig)
    #expect(schedule == Schedule() && preemptions == 0)
  }

  @Test func `what differs from the default is written down, task by task`() throws {
    let rig = try FiberRig.make(3)
    let word = rig.words[0]
    rig.follow([2, 0, 0, 2, 1, 1])
    rig.run(3) { for _ in 0..<2 { $0.load(word) } }
    let (schedule, preemptions) = record(rig)
    #expect(
      schedule.switches == [
        .init(task: Schedule.start, step: 0, next: 2), .init(task: 2, step: 0, next: 0),
        .init(task: 0, step: 1, next: 2),
      ])
    // Turning from a task that has ended is a choice, and no preemption.
    #expect(preemptions == 1)
  }

  @Test func `the answers are those that were yes`() throws {
    let rig = try FiberRig.make(2)
    let word = rig.words[0]
    var number = 0
    rig.answer = { _, _ in
      number += 1
      return number % 3 == 0
    }
    rig.run(2) { task in
      for _ in 0..<4 {
        task.load(word)
        _ = task.pointee.fibers?.ask(task.pointee.id, .resched)
      }
    }
    #expect(record(rig).0.answers == [.init(task: 0, index: 2), .init(task: 1, index: 1)])
  }

  @Test func `recording leaves the execution as it was`() throws {
    let rig = try FiberRig.make(3)
    rig.explore(RandomWalk(), Micro.bodies(rig, threads: 3, iterations: 2), count: 200) { _, _ in
      let (log, hash) = (rig.log, rig.scheduler.happensBeforeHash)
      _ = record(rig)
      #expect(rig.log == log && rig.scheduler.happensBeforeHash == hash)
      return true
    }
  }
}
