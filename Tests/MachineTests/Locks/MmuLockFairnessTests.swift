/// Nobody waits for mmu_lock for ever, however many want it.
import CAtomics
import Glibc
import Machine
import TestSupport
import Testing

@Suite struct MmuLockFairnessTests {
  @Test func `writers get in while readers keep coming`() throws {
    let readers = 4
    let machine = try MachinePointer.make(tasks: readers + 1)
    defer { Machine.destroy(machine) }
    let acquisitions = Counter.make()
    let written = Counter.make()
    defer {
      acquisitions.deallocate()
      written.deallocate()
    }
    let sections: UInt64 = 100
    Threads.race(readers + 1) { id in
      let task = machine.task(id)
      if id == readers {
        while acquisitions.now == 0 { sched_yield() }
        for _ in 0..<sections {
          task.writeLock()
          task.writeUnlock()
          written.increment()
        }
        return
      }
      // Each holds the lock while it gives its core away, so that there is hardly a moment without a reader. The bound
      // lets a test that fails end.
      while written.now < sections && acquisitions.now < 5_000_000 {
        task.readLock()
        acquisitions.increment()
        sched_yield()
        task.readUnlock()
      }
    }
    #expect(written.now == sections)
    #expect(acquisitions.now < 5_000_000, "the writer waited for the readers to end")
  }

  @Test func `64 threads come to an end`() throws {
    let threads = 64
    let rounds = 300
    let machine = try MachinePointer.make(tasks: threads)
    defer { Machine.destroy(machine) }
    let plain = Counter.make()
    defer { plain.deallocate() }
    Threads.race(threads) { id in
      let task = machine.task(id)
      for round in 0..<rounds {
        if round % 3 == 0 {
          task.writeLock()
          plain.pointee += 1
          task.writeUnlock()
        } else {
          task.readLock()
          task.readUnlock()
        }
      }
    }
    #expect(plain.pointee == UInt64(threads * rounds / 3))
    #expect(machine.broken == nil)
  }

  @Test func `every one of many parked writers gets its turn`() throws {
    let writers = 6
    let machine = try MachinePointer.make(tasks: writers + 1)
    defer { Machine.destroy(machine) }
    let plain = Counter.make()
    defer { plain.deallocate() }
    let holder = machine.task(writers)
    holder.writeLock()
    let threads = Threads(writers) { id in
      machine.task(id).writeLock()
      plain.pointee += 1
      machine.task(id).writeUnlock()
    }
    let waiting = Task.Waiting.mmuLockWrite.rawValue
    #expect(eventually { (0..<writers).allSatisfy { machine.task($0).published(.waiting) >> 56 == waiting } })
    usleep(5_000)
    holder.writeUnlock()
    threads.join()
    #expect(plain.pointee == UInt64(writers))
    #expect(!holder.rwlockNeedbreak())
  }
}
