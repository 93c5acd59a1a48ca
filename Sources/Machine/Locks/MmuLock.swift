/// `kvm->mmu_lock`: a reader/writer lock that scales for readers, does not starve writers and tells who waits.
///
/// Readers count themselves in stripes, each in a cache line of its own, so that threads which share nothing else do
/// not share the lock's line either. A writer closes the gate first and then waits for every stripe to empty: readers
/// that come later wait, so writers are not starved. Waiters spin briefly and then park, so 64 threads on 2 cores make
/// progress.
import CAtomics

package struct MmuLock {
  static let stripes = 16
  static let lines = 4 + stripes
  /// 0 free, 1 held, 2 held and another writer is parked.
  package let writer: UnsafeMutablePointer<UInt32>
  /// Tasks in a slow path: `rwlock_needbreak()`.
  @usableFromInline let waiters: UnsafeMutablePointer<UInt32>
  /// Grows whenever the writer leaves; waiting readers park on it.
  let gate: UnsafeMutablePointer<UInt32>
  /// Readers that are parked on the gate.
  let parked: UnsafeMutablePointer<UInt32>
  let readers: UnsafeMutablePointer<UInt32>
  let stripeCount: Int
  // Words, not fields: a mutating method would claim the whole lock for itself while it waits, and the compiler may
  // then read a field before the wait and write it after.
  private let ownerWord: UnsafeMutablePointer<UInt64>
  private let epochWord: UnsafeMutablePointer<UInt64>
  /// The writer's task, -1 for none. Written by the writer alone.
  package var owner: Int { Int(raw_load64(ownerWord)) - 1 }
  /// Write acquisitions so far. Stable for whoever holds the lock in either mode: orders faults against zaps.
  package var epoch: UInt64 { raw_load64(epochWord) }

  init(words: UnsafeMutableRawPointer, tasks: Int) {
    func line(_ index: Int) -> UnsafeMutablePointer<UInt32> {
      words.advanced(by: index * Machine.line).bindMemory(to: UInt32.self, capacity: 16)
    }
    writer = line(0)
    // In the writer's line, which whoever asks for the lock reads anyway.
    ownerWord = words.advanced(by: 8).bindMemory(to: UInt64.self, capacity: 1)
    epochWord = words.advanced(by: 16).bindMemory(to: UInt64.self, capacity: 1)
    waiters = line(1)
    gate = line(2)
    parked = line(3)
    readers = line(4)
    stripeCount = min(tasks, Self.stripes)
  }

  @inline(__always) private func stripe(_ task: TaskPointer) -> UnsafeMutablePointer<UInt32> {
    readers + (task.pointee.id % stripeCount) * (Machine.line / MemoryLayout<UInt32>.stride)
  }

  @inline(__always) fileprivate func tryReadLock(_ task: TaskPointer) -> Bool {
    raw_fetch_add32(stripe(task), 1)
    return raw_load32(writer) == 0
  }

  fileprivate func readUnlock(_ task: TaskPointer) {
    let stripe = stripe(task)
    task.noteWrite(stripe)
    guard raw_fetch_add32(stripe, ~0) == 1 && raw_load32(writer) != 0 else { return }
    if task.pointee.fibers != nil { task.wake(stripe) } else { park_wake(stripe, 1) }
  }

  fileprivate func readLockSlow(_ task: TaskPointer) {
    task.beginWaiting(.mmuLockRead)
    task.count(.contendedLock)
    raw_fetch_add32(waiters, 1)
    task.noteWrite(waiters)
    repeat {
      readUnlock(task)
      var patience = Patience()
      while true {
        let ticket = raw_load32(gate)
        if raw_load32(writer) == 0 || task.isHalted { break }
        if patience.isOver(task, writer) {
          raw_fetch_add32(parked, 1)
          // Looked at again after the count is out: the writer looks at the count after it opened the gate.
          if raw_load32(writer) != 0 { park_wait(gate, ticket, Patience.parkNanoseconds) }
          raw_fetch_add32(parked, ~0)
        }
      }
    } while !tryReadLock(task) && !task.isHalted
    raw_fetch_add32(waiters, ~0)
    task.noteWrite(waiters)
    task.endWaiting()
  }

  fileprivate func writeLock(_ task: TaskPointer) {
    if raw_cmpxchg32(writer, 0, 1) != 0 {
      task.beginWaiting(.mmuLockWrite)
      task.count(.contendedLock)
      raw_fetch_add32(waiters, 1)
      task.noteWrite(waiters)
      var patience = Patience()
      // Who has been parked cannot know whether others still are, and takes the lock as if they were.
      var held: UInt32 = 1
      while raw_load32(writer) != 0 || raw_cmpxchg32(writer, 0, held) != 0 {
        if task.isHalted { break }
        guard patience.isOver(task, writer) else { continue }
        held = 2
        if raw_xchg32(writer, 2) == 0 { break }
        park_wait(writer, 2, Patience.parkNanoseconds)
      }
      raw_fetch_add32(waiters, ~0)
      task.noteWrite(waiters)
      task.noteWrite(writer)
      task.endWaiting()
    }
    // The kernel's queued lock calls itself contended while a writer waits for readers: those that walk make room.
    raw_fetch_add32(waiters, 1)
    for index in 0..<stripeCount {
      let stripe = readers + index * (Machine.line / MemoryLayout<UInt32>.stride)
      var patience = Patience()
      while true {
        let count = raw_load32(stripe)
        task.noteRead(stripe)
        if count != 0 { task.noteWrite(waiters) }
        if count == 0 || task.isHalted { break }
        task.beginWaiting(.readersToLeave)
        if patience.isOver(task, stripe) { park_wait(stripe, count, Patience.parkNanoseconds) }
        task.endWaiting()
      }
    }
    raw_fetch_add32(waiters, ~0)
    task.noteWrite(waiters)
    raw_store64(ownerWord, UInt64(task.pointee.id) + 1)
    raw_store64(epochWord, epoch + 1)
  }

  fileprivate func writeUnlock(_ task: TaskPointer) {
    raw_store64(ownerWord, 0)
    let before = raw_xchg32(writer, 0)
    if task.pointee.fibers != nil { return task.wake(writer) }
    if before == 2 { park_wake(writer, 1) }
    if raw_load32(waiters) != 0 {
      raw_fetch_add32(gate, 1)
      if raw_load32(parked) != 0 { park_wake(gate, .max) }
    }
  }
}

/// The kernel's lock calls. Each is one schedule point and one event; recursion and foreign unlocks are LCK-2.
extension UnsafeMutablePointer where Pointee == Task {
  @inline(__always) private var lock: UnsafeMutablePointer<MmuLock> { pointee.machine.pointee.mmuLock }

  package func readLock() {
    schedule_point_pass(point, UInt32(SCHEDULE_LOCK_SHARED.rawValue), lock.pointee.writer)
    if _slowPath(pointee.lockMode != .none) { lockImbalance("read_lock") }
    if !lock.pointee.tryReadLock(self) { lock.pointee.readLockSlow(self) }
    pointee.lockMode = .read
    pointee.lastReadEpoch = lock.pointee.epoch
    emit(.readLock, new: pointee.lastReadEpoch)
  }

  package func readUnlock() {
    schedule_point_pass(point, UInt32(SCHEDULE_UNLOCK_SHARED.rawValue), lock.pointee.writer)
    if _slowPath(pointee.lockMode != .read) { return lockImbalance("read_unlock") }
    emit(.readUnlock)
    // An execution on fibers ends with the section that broke a rule, not with the operation.
    if pointee.fibers != nil { drain() }
    pointee.lockMode = .none
    pointee.busyHeld = false
    lock.pointee.readUnlock(self)
  }

  package func writeLock() {
    schedule_point_pass(point, UInt32(SCHEDULE_LOCK.rawValue), lock.pointee.writer)
    if _slowPath(pointee.lockMode != .none) { lockImbalance("write_lock") }
    lock.pointee.writeLock(self)
    pointee.lockMode = .write
    let epoch = lock.pointee.epoch
    if pointee.firstWriteEpoch == 0 { pointee.firstWriteEpoch = epoch }
    pointee.lastWriteEpoch = epoch
    emit(.writeLock, new: epoch)
    if pointee.rangeStart != pointee.rangeEnd {
      pointee.machine.pointee.exclusiveSection(UnsafeMutableRawPointer(self))
    }
  }

  package func writeUnlock() {
    schedule_point_pass(point, UInt32(SCHEDULE_UNLOCK.rawValue), lock.pointee.writer)
    if _slowPath(pointee.lockMode != .write) { return lockImbalance("write_unlock") }
    if pointee.rangeStart != pointee.rangeEnd {
      pointee.isLeaving = true
      pointee.machine.pointee.exclusiveSection(UnsafeMutableRawPointer(self))
      pointee.isLeaving = false
    }
    emit(.writeUnlock)
    if pointee.fibers != nil { drain() }
    pointee.lockMode = .none
    pointee.busyHeld = false
    lock.pointee.writeUnlock(self)
  }

  /// From here on a fault looks up what it will map: `kvm_mmu_faultin_pfn()`, before it takes mmu_lock. MAP-1 holds the
  /// fault to this moment. It comes after the fault has read `mmu_invalidate_seq`: a zap that ends between the two then
  /// makes the fault retry.
  package func noteLookup() { pointee.lookupEpoch = lock.pointee.epoch }

  /// `rwlock_needbreak()`: another task waits for the lock. Answered one time in eight: with many threads someone
  /// always waits, and a walk that yields at every entry would do little else.
  package func rwlockNeedbreak() -> Bool {
    noteRead(lock.pointee.waiters)
    guard raw_load32(lock.pointee.waiters) != 0 else { return false }
    if let fibers = pointee.fibers { return pointee.mayResched && fibers.ask(pointee.id, .needbreak) }
    return pointee.reschedDraws.next() & 7 == 0
  }

  /// `cond_resched_rwlock_read()` and `_write()`: let the others in, and come back.
  package func condReschedRwlock() {
    let mode = pointee.lockMode
    count(.yielded)
    emit(.lockYielded)
    if mode == .write {
      pointee.isYielding = true
      writeUnlock()
      handOver()
      writeLock()
      pointee.isYielding = false
    } else {
      readUnlock()
      handOver()
      readLock()
    }
    pointee.sawYield = true
  }

  /// Gives those that wait a chance to take the lock: they do not spin for ever as the kernel's do. Under a scheduler
  /// who comes first is a decision like any other.
  private func handOver() {
    let waiters = lock.pointee.waiters
    let waiting = raw_load32(waiters)
    guard waiting != 0, pointee.fibers == nil else { return }
    var patience = Patience()
    while raw_load32(waiters) >= waiting, !patience.isOver(self, waiters) {}
  }

  private func lockImbalance(_ call: StaticString) {
    violationAfterDrain(
      .lck2, gfn: 0, level: 0, expected: "locks are taken and released in pairs",
      seen: "\(call) with mmu_lock held for \(pointee.lockMode)")
  }
}
