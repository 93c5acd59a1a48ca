/// `tdp_mmu_pages_lock`: a spinlock for a few plain fields.
import Machine
import TestSupport
import Testing

@Suite struct PagesLockTests {
  @Test func `holders exclude one another`() throws {
    let threads = 4
    let machine = try MachinePointer.make(tasks: threads)
    defer { Machine.destroy(machine) }
    let plain = Counter.make()
    defer { plain.deallocate() }
    Threads.race(threads) { id in
      for _ in 0..<5_000 {
        machine.task(id).lockPages()
        plain.pointee += 1
        machine.task(id).unlockPages()
      }
    }
    #expect(plain.pointee == UInt64(threads * 5_000))
  }

  @Test func `the holder knows, and a halt ends the wait of others`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.task(0).lockPages()
    #expect(machine.task(0).pointee.pagesLockHeld)
    let thread = Threads(1) { _ in machine.task(1).lockPages() }
    #expect(eventually { machine.task(1).published(.waiting) >> 56 == Task.Waiting.pagesLock.rawValue })
    machine.pointee.halt()
    thread.join()
    #expect(machine.task(1).published(.waiting) == 0)
    machine.task(0).unlockPages()
    #expect(!machine.task(0).pointee.pagesLockHeld)
  }
}
