/// How executions end that do not complete, each told from the others.
import Machine
import TestSupport
import Testing

@Suite struct EndTests {
  @Test(arguments: [-1, 1, 2, 1000])
  func `a strategy that names a task which is not ready has diverged`(named: Int) throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    rig.next = { scheduler in scheduler.pointee.steps < 3 ? scheduler.lowestReady : named }
    let end = rig.run([{ for _ in 0..<9 { $0.load(words[0]) } }, { _ in }])
    #expect(end == .diverged)
    #expect(rig.scheduler.pointee.steps == 3)
  }

  @Test func `a lock that its owner took to its end is a deadlock`() throws {
    let rig = try FiberRig.make(2)
    #expect(rig.run([{ $0.writeLock() }, { $0.writeLock() }]) == .deadlock)
    let other = try FiberRig.make(2)
    #expect(other.run([{ $0.readLock() }, { $0.writeLock() }]) == .deadlock)
  }

  @Test func `two locks taken in opposite orders deadlock under the schedule that crosses them, and no other`() throws {
    let crossing: [FiberRig.Body] = [
      {
        $0.writeLock()
        $0.lockPages()
        $0.unlockPages()
        $0.writeUnlock()
      },
      {
        $0.lockPages()
        $0.writeLock()
        $0.writeUnlock()
        $0.unlockPages()
      },
    ]
    let rig = try FiberRig.make(2)
    #expect(rig.run(crossing) == .completed)
    let crossed = try FiberRig.make(2)
    crossed.follow([0, 1, 0, 1])
    #expect(crossed.run(crossing) == .deadlock)
  }

  @Test func `a task that relaxes for ever is a livelock, alone, in company and beside a blocked one`() throws {
    let alone = try FiberRig.make(1)
    let entry = alone.spte()
    #expect(alone.run(1) { while $0.relax(entry) {} } == .livelock)

    let company = try FiberRig.make(2)
    let word = company.words[0]
    #expect(company.run([{ while $0.relax(word) {} }, { $0.store(word, 1) }]) == .livelock)

    let blocked = try FiberRig.make(2)
    let free = blocked.words[0]
    #expect(
      blocked.run([
        {
          $0.writeLock()
          while $0.relax(free) {}
        }, { $0.writeLock() },
      ]) == .livelock)
  }

  @Test func `progress between waits is no livelock`() throws {
    let rig = try FiberRig.make(1)
    let entry = rig.spte()
    let end = rig.run(1) { task in
      for _ in 0..<1000 {
        _ = task.relax(entry)
        task.pointee.fibers?.progress()
      }
    }
    #expect(end == .completed)
  }

  @Test func `a broken rule ends the execution before anyone takes another step`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    rig.follow([0, 1, 0])
    let end = rig.run([
      { task in
        task.load(words[0])
        task.violation(.eq1, gfn: 0, level: 1, expected: "", seen: "")
        task.store(words[1], 1)
      },
      { for _ in 0..<9 { $0.load(words[0]) } },
    ])
    #expect(end == .halted)
    #expect(rig.log == [0])
    #expect(words[1].pointee == 0)
    #expect(rig.broken == .eq1)
  }

  @Test func `a rule that is broken in the last step halts too`() throws {
    let rig = try FiberRig.make(1)
    let words = rig.words
    let end = rig.run(1) { task in
      task.load(words[0])
      task.violation(.eq1, gfn: 0, level: 1, expected: "", seen: "")
    }
    #expect(end == .halted)
    let before = try FiberRig.make(1)
    #expect(before.run(1) { $0.violation(.eq1, gfn: 0, level: 1, expected: "", seen: "") } == .halted)
  }

  @Test func `a task that spins without relaxing ends with the budget`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    rig.scheduler.setStepLimit(100)
    rig.next = { _ in 0 }
    rig.answer = { _, _ in true }
    let end = rig.run(2) { task in while true { task.load(words[0]) } }
    #expect(end == .budget)
    #expect(rig.log.count == 200)
    #expect(rig.log.prefix(100).allSatisfy { $0 == 0 })
    // The second half is fair whatever the strategy says.
    #expect(Array(rig.log.suffix(100)) == (0..<100).map { 1 - $0 & 1 })
  }

  @Test func `a wait that only an unfair schedule prolongs is no endless one`() throws {
    let rig = try FiberRig.make(2)
    let word = rig.words[0]
    rig.scheduler.setStepLimit(50)
    rig.next = { $0.isReady(0) ? 0 : 1 }
    #expect(rig.run([{ while $0.load(word) == 0 {} }, { $0.store(word, 1) }]) == .completed)
    #expect(rig.scheduler.pointee.steps > 50)
  }

  @Test func `after an execution that did not complete the next one begins anew`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    rig.run(3) { while $0.relax(words[0]) {} }
    #expect(rig.run(3) { $0.load(words[0]) } == .completed)
    rig.run([{ $0.lockPages() }, { $0.lockPages() }])
    #expect(rig.run(2) { $0.load(words[0]) } == .completed)
    #expect(rig.scheduler.pointee.readyCount == 0)
  }
}
