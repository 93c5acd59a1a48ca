import Machine
/// The common model's number of interleavings and of happens-before classes, against the figures that other tools give.
import Scheduling
import TestSupport
import Testing

@Suite struct MicroClassesTests {
  @Test func `two threads, two iterations: 470 interleavings in 96 classes`() throws {
    let rig = try FiberRig.make(2)
    var logs: Set<Int> = []
    var classes: Set<UInt64> = []
    var (unfinished, broken) = (0, 0)
    rig.explore(RandomWalk(), Micro.bodies(rig, threads: 2, iterations: 2), count: 400_000) { _, end in
      if end != .completed { unfinished += 1 }
      logs.insert(rig.scheduler.log.reduce(1) { $0 << 1 | Int($1) })
      classes.insert(rig.scheduler.happensBeforeHash)
      if rig.words[0].pointee != rig.words[1].pointee { broken += 1 }
      return true
    }
    #expect(unfinished == 0 && broken == 0)
    #expect(logs.count == 470)
    #expect(classes.count == 96)
  }

  @Test func `executions of one class end alike`() throws {
    let rig = try FiberRig.make(3)
    var ends: [UInt64: UInt64] = [:]
    rig.explore(RandomWalk(), Micro.bodies(rig, threads: 3, iterations: 1), count: 5_000) { _, _ in
      let state = rig.words[0].pointee << 32 | rig.words[1].pointee
      #expect(ends.updateValue(state, forKey: rig.scheduler.happensBeforeHash) ?? state == state)
      return true
    }
    #expect(ends.count > 10)
  }

  @Test func `three threads, two iterations: never more than 23,856 classes`() throws {
    let rig = try FiberRig.make(3)
    var counter = DistinctCounter()
    rig.explore(RandomWalk(), Micro.bodies(rig, threads: 3, iterations: 2), count: 150_000) { _, _ in
      counter.insert(rig.scheduler.happensBeforeHash)
      return true
    }
    #expect(counter.isExact)
    #expect(counter.count > 1_000 && counter.count <= 23_856)
  }
}
