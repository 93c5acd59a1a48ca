/// mmu_lock keeps out whom it should and nobody else.
import Machine
import TestSupport
import Testing

@Suite struct MmuLockExclusionTests {
  @Test func `writers exclude one another`() throws {
    let threads = 8
    let rounds = 20_000
    let machine = try MachinePointer.make(tasks: threads)
    defer { Machine.destroy(machine) }
    // Plain memory: only the lock makes the sum right.
    let plain = Counter.make()
    defer { plain.deallocate() }
    Threads.race(threads) { id in
      let task = machine.task(id)
      for _ in 0..<rounds {
        task.writeLock()
        plain.pointee += 1
        task.writeUnlock()
      }
    }
    #expect(plain.pointee == UInt64(threads * rounds))
    #expect(machine.pointee.mmuLock.pointee.epoch == UInt64(threads * rounds))
    #expect(machine.broken == nil)
  }

  @Test func `readers never see a writer's half`() throws {
    let threads = 8
    let machine = try MachinePointer.make(tasks: threads)
    defer { Machine.destroy(machine) }
    let pair = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
    pair.initialize(repeating: 0, count: 2)
    let torn = Counter.make()
    defer {
      pair.deallocate()
      torn.deallocate()
    }
    Threads.race(threads) { id in
      let task = machine.task(id)
      for round in 0..<10_000 {
        if (round + id) % 4 == 0 {
          task.writeLock()
          pair[0] += 1
          pair[1] += 1
          task.writeUnlock()
        } else {
          task.readLock()
          if pair[0] != pair[1] { torn.increment() }
          task.readUnlock()
        }
      }
    }
    #expect(torn.now == 0)
    #expect(pair[0] == UInt64(threads * 10_000 / 4))
    #expect(machine.broken == nil)
  }

  @Test func `many readers are inside at once`() throws {
    let threads = 8
    let machine = try MachinePointer.make(tasks: threads)
    defer { Machine.destroy(machine) }
    let inside = Counter.make()
    let met = Counter.make()
    defer {
      inside.deallocate()
      met.deallocate()
    }
    Threads.race(threads) { id in
      machine.task(id).readLock()
      inside.increment()
      if eventually({ inside.now == UInt64(threads) }) { met.increment() }
      machine.task(id).readUnlock()
    }
    #expect(met.now == UInt64(threads))
  }

  @Test func `tasks that share a reader stripe count in it together`() throws {
    // More tasks than the lock has stripes: the first and the last share one.
    let machine = try MachinePointer.make(tasks: 33)
    defer { Machine.destroy(machine) }
    for id in 0..<33 { machine.task(id).readLock() }
    for id in 1..<33 { machine.task(id).readUnlock() }
    let isIn = Counter.make()
    defer { isIn.deallocate() }
    let writer = Threads(1) { _ in
      machine.task(1).writeLock()
      isIn.increment()
      machine.task(1).writeUnlock()
    }
    #expect(eventually { machine.task(1).published(.waiting) >> 56 == Task.Waiting.readersToLeave.rawValue })
    #expect(isIn.now == 0)
    machine.task(0).readUnlock()
    writer.join()
    #expect(isIn.now == 1)
  }
}
