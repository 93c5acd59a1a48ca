/// A halt ends every wait, so that a run with a violation can end whoever holds what.
import Machine
import TestSupport
import Testing

@Suite struct MmuLockHaltTests {
  @Test func `a waiting reader and a waiting writer give up`() throws {
    let machine = try MachinePointer.make(tasks: 3)
    defer { Machine.destroy(machine) }
    machine.task(0).writeLock()
    let threads = Threads(2) { id in
      if id == 0 { machine.task(1).readLock() } else { machine.task(2).writeLock() }
    }
    #expect(eventually { machine.task(1).published(.waiting) != 0 && machine.task(2).published(.waiting) != 0 })
    machine.pointee.halt()
    threads.join()
    #expect(machine.task(1).published(.waiting) == 0)
    #expect(machine.task(2).published(.waiting) == 0)
  }

  @Test func `a writer that waits for readers gives up`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.task(0).readLock()
    let thread = Threads(1) { _ in machine.task(1).writeLock() }
    #expect(eventually { machine.task(1).published(.waiting) >> 56 == Task.Waiting.readersToLeave.rawValue })
    machine.pointee.halt()
    thread.join()
    #expect(machine.task(1).published(.waiting) == 0)
  }

  @Test func `a halt that was cleared leaves a lock that works`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.task(0).writeLock()
    let thread = Threads(1) { _ in
      machine.task(1).readLock()
      machine.task(1).readUnlock()
    }
    #expect(eventually { machine.task(1).published(.waiting) != 0 })
    machine.pointee.halt()
    thread.join()
    machine.task(0).writeUnlock()
    machine.pointee.clearHalt()
    #expect(!machine.task(0).isHalted)
    machine.task(1).writeLock()
    machine.task(1).writeUnlock()
    machine.task(0).readLock()
    machine.task(1).readLock()
    #expect(!machine.task(0).rwlockNeedbreak())
    #expect(machine.broken == nil)
  }
}
