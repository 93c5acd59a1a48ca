/// An execution whose log is all that is left is run again, and written down as it would have been.
import Episodes
import Executions
import Machine
import Scheduling
import TestSupport
import Testing

@Suite struct RetraceTests {
  @Test func `a raw log gives the schedule, whatever stands behind its end`() throws {
    let steps = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: 2 * FiberScheduler.defaultStepLimit)
    let yes = UnsafeMutableBufferPointer<(task: Int32, question: UInt32)>.allocate(capacity: 1024)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer {
      steps.deallocate()
      yes.deallocate()
      memory.deallocate()
    }
    let log = FlightLog(steps: steps, yes: yes)
    let written = FlightSchedule(memory)
    let rehearsal = try Rehearsal()
    rehearsal.world.scheduler.log(to: log)
    #expect(rehearsal.world.scheduler.logsToFlight)
    var answers = 0
    for seed in 0..<24 as Range<UInt64> {
      let episode = Rehearsal.episode(ScenarioName.deal(seed), seed: seed)
      #expect(rehearsal.world.prepare(episode))
      for number in 0..<4 as Range<UInt64> {
        rehearsal.execute(Portfolio.deal(.portfolio, Int(number)), number, seed: seed)
        let (hash, count) = (rehearsal.world.eventHash, rehearsal.world.scheduler.pointee.steps)
        let (schedule, preemptions) = rehearsal.replayer.record()
        answers += schedule.answers.count
        let retraced = try #require(try Rehearsal(retracing: episode, log, into: written))
        #expect(retraced.world.eventHash == hash)
        #expect(written.schedule == schedule && written.preemptions == preemptions && written.steps == count)
      }
    }
    #expect(answers > 0)
  }
}

extension Rehearsal {
  /// A fresh world that has run an episode as its log says.
  fileprivate convenience init?(retracing episode: Episode, _ log: FlightLog, into memory: FlightSchedule) throws {
    try self.init(tasks: episode.threads.count)
    guard world.prepare(episode) else { return nil }
    world.execute(Retrace(log, into: memory)) { _ in }
  }
}
