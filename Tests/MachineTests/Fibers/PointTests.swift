/// Every point is a decision, and an access happens when its task is chosen.
import CAtomics
import Machine
import TestSupport
import Testing

@Suite struct PointTests {
  @Test func `each access is one decision, and the log has what the strategy chose`() throws {
    let rig = try FiberRig.make(3)
    var draws = SplitMix64(state: 9)
    var choices: [Int] = []
    rig.next = { scheduler in
      let index = Int(draws.below(UInt64(scheduler.pointee.readyCount)))
      choices.append(Int(scheduler.pointee.ready[index]))
      return choices[choices.count - 1]
    }
    let words = rig.words
    let end = rig.run(3) { task in
      task.load(words[0])
      task.store(words[1], 1)
      task.exchange(words[2], 5, 6)
      smp_mb(task.point)
    }
    #expect(end == .completed)
    #expect(choices.count == 12 && rig.scheduler.pointee.steps == 12)
    #expect(rig.log == choices)
    #expect(Set(choices).count == 3)
  }

  @Test func `an access happens when its task is chosen, not when it is reached`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    var seen: UInt64 = 0
    let bodies: [FiberRig.Body] = [{ seen = $0.load(words[0]) }, { $0.store(words[0], 7) }]
    rig.follow([0, 1])
    rig.run(bodies)
    #expect(seen == 0)
    rig.follow([1, 0])
    rig.run(bodies)
    #expect(seen == 7)
  }

  @Test func `what comes before a task's first access is no decision, and runs in the order of the tasks`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    var before: [Int] = []
    var after: [Int] = []
    rig.follow([2, 0, 1])
    rig.run(3) { task in
      before.append(task.pointee.id)
      task.load(words[0])
      after.append(task.pointee.id)
    }
    #expect(before == [0, 1, 2])
    #expect(after == [2, 0, 1])
    #expect(rig.scheduler.pointee.steps == 3)
  }

  @Test func `tasks without an access take no decision`() throws {
    let rig = try FiberRig.make(2)
    rig.next = { _ in -1 }
    #expect(rig.run(2) { _ in } == .completed)
    #expect(rig.log.isEmpty)
  }

  @Test func `the strategy sees what each ready task is about to do`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    var seen: [[UInt32]] = []
    var addresses: [UnsafeRawPointer?] = []
    rig.next = { scheduler in
      seen.append((0..<2).filter { scheduler.isReady($0) }.map { scheduler.pointee.fibers[$0].pendingKind })
      addresses.append(scheduler.pointee.fibers[0].pendingAddress)
      return scheduler.defaultNext
    }
    rig.run([
      {
        $0.load(words[0])
        $0.exchange(words[1], 0, 1)
      }, { $0.store(words[2], 1) },
    ])
    let (load, store, rmw) = (SCHEDULE_LOAD.rawValue, SCHEDULE_STORE.rawValue, SCHEDULE_RMW.rawValue)
    #expect(seen == [[load, store], [rmw, store], [store]])
    #expect(addresses.prefix(2) == [UnsafeRawPointer(words[0]), UnsafeRawPointer(words[1])])
  }

  @Test func `decisions are counted by the task that is left`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    rig.follow([0, 0, 1, 0, 1])
    rig.run([
      { for _ in 0..<3 { $0.load(words[0]) } },
      { for _ in 0..<2 { $0.load(words[0]) } },
    ])
    #expect(rig.log == [0, 0, 1, 0, 1])
    #expect((0..<2).map { rig.scheduler.pointee.fibers[$0].decisions } == [3, 1])
  }

  @Test func `the same strategy gives the same execution, whatever ran before`() throws {
    let rig = try FiberRig.make(4)
    let words = rig.words
    func run() -> ([Int], UInt64) {
      var draws = SplitMix64(state: 77)
      rig.next = { Int($0.pointee.ready[Int(draws.below(UInt64($0.pointee.readyCount)))]) }
      rig.run(4) { task in for index in 0..<6 { task.exchange(words[index & 1], UInt64(index), 3) } }
      return (rig.log, rig.scheduler.happensBeforeHash)
    }
    let first = run()
    rig.follow([])
    rig.run(2) { $0.load(words[7]) }
    #expect(run() == first)
  }
}
