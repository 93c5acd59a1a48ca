/// Who waits is known to who holds the lock, and is let in when asked for.
import Machine
import TestSupport
import Testing

@Suite struct MmuLockYieldTests {
  enum Mode: CaseIterable, Sendable { case read, write }

  @Test(arguments: [(Mode.write, Mode.read), (.write, .write), (.read, .write)])
  func `rwlock_needbreak is true while someone waits`(held: Mode, wanted: Mode) throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let holder = machine.task(0)
    let waiter = machine.task(1)
    holder.lock(held)
    #expect(!holder.rwlockNeedbreak())
    let thread = Threads(1) { _ in
      waiter.lock(wanted)
      waiter.unlock(wanted)
    }
    // A writer that has the gate and waits for readers alone is none that the kernel's lock would tell of; here it is
    // known by what it publishes.
    if held == .read {
      #expect(eventually { waiter.published(.waiting) >> 56 == Task.Waiting.readersToLeave.rawValue })
    } else {
      #expect(eventually { holder.rwlockNeedbreak() })
      #expect(waiter.published(.waiting) != 0)
    }
    holder.unlock(held)
    thread.join()
    #expect(!holder.rwlockNeedbreak())
    #expect(waiter.published(.waiting) == 0)
    #expect(held == .read || waiter.coverage(.contendedLock) == 1)
  }

  @Test(arguments: [(Mode.write, Mode.read), (.write, .write), (.read, .write)])
  func `cond_resched_rwlock lets a waiter in`(held: Mode, wanted: Mode) throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let holder = machine.task(0)
    let isIn = Counter.make()
    defer { isIn.deallocate() }
    holder.lock(held)
    let thread = Threads(1) { _ in
      machine.task(1).lock(wanted)
      isIn.increment()
      machine.task(1).unlock(wanted)
    }
    // Which yield it is depends on the machine; that one of them is enough does not.
    #expect(
      eventually {
        holder.condReschedRwlock()
        return isIn.now == 1
      })
    holder.unlock(held)
    thread.join()
    #expect(machine.broken == nil)
  }

  @Test(arguments: Mode.allCases)
  func `cond_resched_rwlock comes back with the lock held as before`(mode: Mode) throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    task.lock(mode)
    let epoch = machine.pointee.mmuLock.pointee.epoch
    task.condReschedRwlock()
    #expect(task.pointee.lockMode == (mode == .read ? .read : .write))
    #expect(task.pointee.sawYield)
    #expect(task.coverage(.yielded) == 1)
    #expect(machine.pointee.mmuLock.pointee.epoch == epoch + (mode == .read ? 0 : 1))
    task.unlock(mode)
    #expect(machine.broken == nil)
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  fileprivate func lock(_ mode: MmuLockYieldTests.Mode) {
    switch mode {
    case .read: readLock()
    case .write: writeLock()
    }
  }

  fileprivate func unlock(_ mode: MmuLockYieldTests.Mode) {
    switch mode {
    case .read: readUnlock()
    case .write: writeUnlock()
    }
  }
}
