/// mmu_lock and tdp_mmu_pages_lock between fibers, under random schedules.
import CAtomics
import Machine
import TestSupport
import Testing

@Suite struct FiberLockTests {
  private static let schedules: UInt64 = 300

  /// Runs the bodies under many random schedules; each must complete.
  private func explore(_ rig: FiberRig, _ bodies: [FiberRig.Body], after: () -> Void = {}) {
    for seed in 0..<Self.schedules {
      var draws = SplitMix64(state: seed)
      rig.next = { Int($0.pointee.ready[Int(draws.below(UInt64($0.pointee.readyCount)))]) }
      #expect(rig.run(bodies) == .completed)
      after()
    }
    #expect(rig.broken == nil)
  }

  @Test func `readers are inside together, and a writer alone`() throws {
    let rig = try FiberRig.make(20)
    let words = rig.words
    // Harness counters, changed between two points: what is inside at the same time.
    var (readers, writers, mostReaders, overlaps) = (0, 0, 0, 0)
    let reader: FiberRig.Body = { task in
      for _ in 0..<2 {
        task.readLock()
        readers += 1
        mostReaders = max(mostReaders, readers)
        if writers > 0 { overlaps += 1 }
        task.load(words[0])
        readers -= 1
        task.readUnlock()
      }
    }
    let writer: FiberRig.Body = { task in
      for _ in 0..<2 {
        task.writeLock()
        writers += 1
        if writers > 1 || readers > 0 { overlaps += 1 }
        task.load(words[0])
        if writers > 1 || readers > 0 { overlaps += 1 }
        writers -= 1
        task.writeUnlock()
      }
    }
    // More tasks than the lock has stripes.
    explore(rig, Array(repeating: reader, count: 18) + [writer, writer])
    #expect(overlaps == 0)
    #expect(mostReaders > 4)
  }

  @Test func `a writer that waits is not overtaken by readers that come later`() throws {
    let rig = try FiberRig.make(3)
    let words = rig.words
    var order: [String] = []
    rig.follow([0, 1, 2, 2, 0, 0])
    let end = rig.run([
      { task in
        task.readLock()
        task.load(words[0])
        task.load(words[0])
        order.append("reader leaves")
        task.readUnlock()
      },
      { task in
        task.writeLock()
        order.append("writer")
        task.writeUnlock()
      },
      { task in
        task.load(words[1])
        task.readLock()
        order.append("late reader")
        task.readUnlock()
      },
    ])
    #expect(end == .completed)
    #expect(order == ["reader leaves", "writer", "late reader"])
    #expect(rig.task(2).coverage(.contendedLock) == 1)
  }

  @Test func `waiting for mmu_lock blocks: no step is spent on it until it is free`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    rig.follow([0, 1])
    rig.run([
      { task in
        task.writeLock()
        for _ in 0..<50 { task.load(words[0]) }
        task.writeUnlock()
      },
      { task in
        task.writeLock()
        task.writeUnlock()
      },
    ])
    // Two steps each for the lock's calls, and one for the task that was woken.
    #expect(rig.scheduler.pointee.steps == 50 + 2 + 2 + 1)
    #expect(rig.log.filter { $0 == 1 }.count == 3)
  }

  @Test func `the pages lock excludes`() throws {
    let rig = try FiberRig.make(4)
    let words = rig.words
    var (inside, overlaps, waits) = (0, 0, 0)
    let body: FiberRig.Body = { task in
      for _ in 0..<3 {
        task.lockPages()
        inside += 1
        task.load(words[0])
        if inside != 1 { overlaps += 1 }
        inside -= 1
        task.unlockPages()
      }
    }
    explore(rig, [body, body, body, body]) { waits += rig.scheduler.pointee.steps > 24 ? 1 : 0 }
    #expect(overlaps == 0)
    #expect(waits > 0)
  }

  @Test func `rwlock_needbreak asks only while another task waits`() throws {
    let rig = try FiberRig.make(2)
    let words = rig.words
    var asked: [Question] = []
    rig.answer = { _, question in
      asked.append(question)
      return true
    }
    var answers: [Bool] = []
    rig.follow([0, 0, 1, 0])
    rig.task(0).pointee.mayResched = true
    rig.run([
      { task in
        task.writeLock()
        answers.append(task.rwlockNeedbreak())
        task.load(words[0])
        task.load(words[0])
        answers.append(task.rwlockNeedbreak())
        task.condReschedRwlock()
        task.writeUnlock()
      },
      { task in
        task.readLock()
        task.readUnlock()
      },
    ])
    #expect(asked == [.needbreak])
    #expect(answers == [false, true])
    #expect(rig.broken == nil)
  }
}
