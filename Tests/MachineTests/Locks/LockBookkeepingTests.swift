/// What the lock knows of its holders: pairs, modes, epochs, and the events that tell of them.
import Machine
import Testing

@Suite struct LockBookkeepingTests {
  private func expect(
    _ checker: CheckerID?, _ seen: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (TaskPointer) -> Void
  ) throws {
    let machine = try MachinePointer.make(tasks: 1)
    defer { Machine.destroy(machine) }
    body(machine.task(0))
    #expect(machine.broken == checker, sourceLocation: sourceLocation)
    #expect(machine.pointee.reports.violation?.seen ?? "" == seen, sourceLocation: sourceLocation)
  }

  @Test func `an unlock without its lock is LCK-2`() throws {
    try expect(.lck2, "read_unlock with mmu_lock held for none") { $0.readUnlock() }
    try expect(.lck2, "write_unlock with mmu_lock held for none") { $0.writeUnlock() }
    try expect(.lck2, "read_unlock with mmu_lock held for write") {
      $0.writeLock()
      $0.readUnlock()
    }
    try expect(.lck2, "write_unlock with mmu_lock held for read") {
      $0.readLock()
      $0.writeUnlock()
    }
  }

  /// In the kernel these deadlock, or may; here the halt lets the call return.
  @Test func `taking the lock twice is LCK-2 and no deadlock`() throws {
    try expect(.lck2, "read_lock with mmu_lock held for read") {
      $0.readLock()
      $0.readLock()
    }
    try expect(.lck2, "write_lock with mmu_lock held for read") {
      $0.readLock()
      $0.writeLock()
    }
    try expect(.lck2, "read_lock with mmu_lock held for write") {
      $0.writeLock()
      $0.readLock()
    }
    try expect(.lck2, "write_lock with mmu_lock held for write") {
      $0.writeLock()
      $0.writeLock()
    }
  }

  @Test func `pairs break nothing`() throws {
    try expect(nil) {
      $0.readLock()
      $0.readUnlock()
      $0.writeLock()
      $0.writeUnlock()
    }
  }

  @Test func `a lock assertion that does not hold is LCK-1`() throws {
    let forWrite = "mmu_lock held for write"
    let forRead = "mmu_lock held for read"
    let unheld = "mmu_lock held for none"
    try expect(.lck1, unheld) { $0.lockdepAssertHeld() }
    try expect(.lck1, unheld) { $0.lockdepAssertHeldRead() }
    try expect(.lck1, unheld) { $0.lockdepAssertHeldWrite() }
    try expect(.lck1, forRead) {
      $0.readLock()
      $0.lockdepAssertHeldWrite()
    }
    try expect(.lck1, forWrite) {
      $0.writeLock()
      $0.lockdepAssertHeldRead()
    }
  }

  @Test func `a lock assertion that holds says nothing`() throws {
    try expect(nil) {
      $0.readLock()
      $0.lockdepAssertHeld()
      $0.lockdepAssertHeldRead()
      $0.readUnlock()
      $0.writeLock()
      $0.lockdepAssertHeld()
      $0.lockdepAssertHeldWrite()
      $0.writeUnlock()
    }
  }

  @Test func `the epoch counts write sections, readers see it`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    for section in 1...3 {
      task.writeLock()
      #expect(machine.pointee.mmuLock.pointee.owner == 0)
      #expect(task.pointee.lastWriteEpoch == UInt64(section))
      #expect(task.pointee.firstWriteEpoch == 1)
      task.writeUnlock()
      #expect(machine.pointee.mmuLock.pointee.owner == -1)
    }
    machine.task(1).readLock()
    #expect(machine.task(1).pointee.lastReadEpoch == 3)
    machine.task(1).readUnlock()
    machine.task(1).readLock()
    #expect(machine.task(1).pointee.lastReadEpoch == 3)
    #expect(machine.pointee.mmuLock.pointee.epoch == 3)
  }

  @Test func `locks tell of themselves in events`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    task.writeLock()
    task.condReschedRwlock()
    task.writeUnlock()
    task.readLock()
    task.readUnlock()
    #expect(
      task.unread.map(\.kind) == [
        .writeLock, .lockYielded, .writeUnlock, .writeLock, .writeUnlock, .readLock, .readUnlock,
      ])
    #expect(task.unread.filter { $0.kind == .writeLock || $0.kind == .readLock }.map(\.new) == [1, 2, 2])
  }

  @Test func `a write section of an operation with a range is shown at both its ends`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.pointee.exclusiveSection = { raw in
      // The first gfn of the range counts the calls; the mode is the proof that the lock was held.
      let task = raw.assumingMemoryBound(to: Task.self)
      if task.pointee.lockMode == .write { task.pointee.rangeStart += 1 }
    }
    let task = machine.task(0)
    task.pointee.rangeEnd = 512
    task.writeLock()
    #expect(task.pointee.rangeStart == 1)
    task.writeUnlock()
    #expect(task.pointee.rangeStart == 2)
    task.readLock()
    task.readUnlock()
    #expect(task.pointee.rangeStart == 2)
    task.pointee.rangeEnd = 2
    task.writeLock()
    task.writeUnlock()
    #expect(task.pointee.rangeStart == 2)
  }
}
