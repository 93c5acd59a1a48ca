/// RCU with real grace periods: an unlinked table is freed only when every task that could still hold it has left its
/// read section.
///
/// A reader publishes the epoch at which it entered. Deferring a table moves the epoch on, after the table was
/// unlinked: a reader that entered at that epoch or later cannot have found it.
import CAtomics

extension UnsafeMutablePointer where Pointee == Task {
  @inlinable @inline(__always) package func rcuReadLock() {
    schedule_point_pass(point, UInt32(SCHEDULE_LOCK_SHARED.rawValue), pointee.machine.pointee.rcuEpoch)
    pointee.rcuDepth &+= 1
    if pointee.rcuDepth == 1 {
      noteWrite(pointee.published + Task.Published.rcuEpoch.rawValue)
      // The exchange is a full barrier: the epoch is out before the first entry is read.
      raw_xchg64(
        pointee.published + Task.Published.rcuEpoch.rawValue, raw_load64(pointee.machine.pointee.rcuEpoch))
    }
  }

  @inlinable @inline(__always) package func rcuReadUnlock() {
    pointee.rcuDepth &-= 1
    if pointee.rcuDepth == 0 {
      noteWrite(pointee.published + Task.Published.rcuEpoch.rawValue)
      publish(.rcuEpoch, 0)
    }
  }

  /// `rcu_dereference()` outside a read section and without mmu_lock: found with no race needed.
  @inlinable @inline(__always) package func assertRcuHeld() {
    if _slowPath(pointee.rcuDepth == 0 && pointee.lockMode == .none) {
      violationAfterDrain(
        .rcu1, gfn: 0, level: 0, expected: "rcu_dereference() inside a read section", seen: "no read section")
    }
  }

  /// `call_rcu()` with the callback that frees the table.
  package func callRcu(_ page: UInt32) {
    let machine = pointee.machine
    let header = machine.pointee.arenaView.headers + Int(page)
    guard header.pointee.state == .linked || header.pointee.state == .unlinked else {
      return reportTable(page, expected: "a linked table is deferred once", seen: "\(header.pointee.state)")
    }
    header.pointee.state = .deferred
    noteWrite(machine.pointee.rcuEpoch)
    header.pointee.rcuStamp = raw_fetch_add64(machine.pointee.rcuEpoch, 1) &+ 1
    header.pointee.nextDeferred = 0
    if pointee.deferredTail == 0 {
      pointee.deferredHead = page
    } else {
      machine.pointee.arenaView.headers[Int(pointee.deferredTail)].nextDeferred = page
    }
    pointee.deferredTail = page
    pointee.deferredCount += 1
    emit(.tableDeferred, gfn: header.pointee.gfn, new: UInt64(page), level: Int(header.pointee.level))
  }

  /// Runs the callbacks whose grace period has ended. Outside any read section.
  package func rcuPoll(force: Bool = false) {
    guard pointee.deferredCount >= 8 || (force && pointee.deferredCount > 0) else { return }
    let oldest = oldestReader()
    let headers = pointee.machine.pointee.arenaView.headers
    while pointee.deferredHead != 0 {
      let page = pointee.deferredHead
      let header = headers + Int(page)
      guard header.pointee.rcuStamp <= oldest else {
        count(.freedUnderReader)
        return
      }
      pointee.deferredHead = header.pointee.nextDeferred
      if pointee.deferredHead == 0 { pointee.deferredTail = 0 }
      pointee.deferredCount -= 1
      if let release = pointee.machine.pointee.release {
        release(UnsafeMutableRawPointer(self), page)
      } else {
        freeTable(page)
      }
    }
  }

  /// The epoch at which the longest-running reader entered; the maximum if there is none.
  func oldestReader() -> UInt64 {
    let machine = pointee.machine
    raw_fence()
    var oldest = UInt64.max
    for id in 0..<machine.pointee.taskCount where id != pointee.id {
      let epoch = machine.pointee.tasks[id].published(.rcuEpoch)
      noteRead(machine.pointee.tasks[id].pointee.published + Task.Published.rcuEpoch.rawValue)
      if epoch != 0 { oldest = min(oldest, epoch) }
    }
    return oldest
  }
}
