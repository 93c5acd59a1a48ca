/// The external side of policy `huge-shared`: what it takes to split and to remove with mmu_lock held for read.
///
/// 1. The assertion is that mmu_lock is held, not that it is held for write.
/// 2. BLOCK, TRACK and the call that they prepare belong together. Under the write lock nobody else could begin a
///    sequence of its own; under the read lock a spinlock says so. It is the innermost lock: its holder takes no
///    other and waits for no SPTE, so that who holds an SPTE frozen may wait for it. TRACK fails while a vCPU runs in
///    the epoch before the current one, and only the kick at the end of a sequence rules that out.
/// 3. `wait_for_sept_zap` is one flag. It, the kicks and the epoch are guarded by the same lock, whichever way mmu_lock
///    is held: the first of two holders to be done would let vCPUs in under the other.
/// 4. BUSY is to be reckoned with although vCPUs are kept out: others hold the tree lock for SEPT.ADD and PAGE.AUG
///    while BLOCK and SEPT.REMOVE want it exclusively. They hold it inside a SEAMCALL and never wait there, so
///    repeating the call ends. A single retry, as under the write lock, is not enough.
/// 5. Before BLOCK took effect nothing has changed, and a split answers -EBUSY: its caller holds the SPTE frozen, puts
///    the old value back, and comes again. After BLOCK there is no way back without TDH.MEM.RANGE.UNBLOCK, and it is
///    not needed: what can still be busy ends by itself, see 4. So from there on the call is repeated until it is not
///    busy.
/// 6. A removal never answers -EBUSY, before BLOCK or after: under the read lock it comes from handle_removed_pt(),
///    which has unlinked the table and cannot put it back. The same goes for the table itself.
/// 7. A table leaves a running TD by BLOCK of the entry that points to it, TRACK, TDH.MEM.SEPT.REMOVE, all under the
///    frozen SPTE of its parent, after its last child and before its page goes to the allocator.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == TrustDomain {
  /// How often a call is repeated once the run is halted: others leave their SEAMCALLs, but nobody has to.
  private var patience: Int { 1000 }

  /// `tdx_sept_split_private_spte()`
  /// - Returns: 0; -EBUSY under the read lock if nothing was changed; -EIO after a bug.
  func tdxSeptSplitShared(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, table page: UInt32) -> Int32 {
    lockSept(task)
    let mayFail = task.pointee.lockMode == .read
    let blocked = blockAndTrack(task, gfn, level, mayFail: mayFail)
    var result = blocked
    if blocked == 0 {
      let status = untilNotBusy(task) { tdhMemPageDemote(task, gfn, level, page: page, injectable: $0) }
      result = failed(task, status, "TDH_MEM_PAGE_DEMOTE", gfn, level) ? Errno.io : 0
    }
    unlockSept(task)
    return result
  }

  /// `tdx_sept_remove_leaf_spte()`
  /// - Returns: 0, or -EIO after a bug.
  func tdxSeptRemoveShared(_ task: TaskPointer, _ gfn: Gfn, _ level: Int) -> Int32 {
    lockSept(task)
    var result = blockAndTrack(task, gfn, level, mayFail: false)
    if result == 0 {
      let status = untilNotBusy(task) { tdhMemPageRemove(task, gfn, level, injectable: $0) }
      result = failed(task, status, "TDH_MEM_PAGE_REMOVE", gfn, level) ? Errno.io : 0
    }
    unlockSept(task)
    return result
  }

  /// `tdx_sept_free_private_spt()` of a running TD: unlinks table `page` of `level` and frees it.
  func tdxSeptRemoveTable(_ task: TaskPointer, _ page: UInt32, _ gfn: Gfn, _ level: Int) {
    task.lockdepAssertHeld(gfn: gfn, level: level)
    lockSept(task)
    var isGone = false
    if blockAndTrack(task, gfn, level + 1, mayFail: false) == 0 {
      let status = untilNotBusy(task) { tdhMemSeptRemove(task, gfn, level + 1, injectable: $0) }
      isGone = !failed(task, status, "TDH_MEM_SEPT_REMOVE", gfn, level + 1)
    }
    unlockSept(task)
    if isGone { task.freeTable(page) }
  }

  private func blockAndTrack(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, mayFail: Bool) -> Int32 {
    let blocked: TdxStatus
    if mayFail {
      blocked = onceMore(task) { tdhMemRangeBlock(task, gfn, level, injectable: $0) }
      if blocked == .operandBusy { return Errno.busy }
    } else {
      blocked = untilNotBusy(task) { tdhMemRangeBlock(task, gfn, level, injectable: $0) }
    }
    if failed(task, blocked, "TDH_MEM_RANGE_BLOCK", gfn, level) { return Errno.io }
    if pointee.defects.contains(.noTrack) { return 0 }
    let tracked = untilNotBusy(task) { tdhMemTrack(task, injectable: $0) }
    if failed(task, tracked, "TDH_MEM_TRACK", gfn, level) { return Errno.io }
    kickAll(task)
    return 0
  }

  // MARK: Calls that are repeated

  /// One retry after BUSY, with all vCPUs forced and kept outside.
  private func onceMore(_ task: TaskPointer, _ call: (Bool) -> TdxStatus) -> TdxStatus {
    let first = call(true)
    guard first == .operandBusy else { return first }
    keepVcpusOut(task)
    let second = call(false)
    letVcpusIn(task)
    return second
  }

  /// Retries after BUSY until it is over, with all vCPUs forced and kept outside.
  private func untilNotBusy(_ task: TaskPointer, _ call: (Bool) -> TdxStatus) -> TdxStatus {
    let first = call(true)
    guard first == .operandBusy else { return first }
    keepVcpusOut(task)
    var status = call(false)
    if status == .operandBusy {
      task.beginWaiting(.busySeamcall)
      var left = patience
      while status == .operandBusy && left > 0 {
        if !task.relax(UnsafeRawPointer(self)) { left -= 1 }
        status = call(false)
      }
      task.endWaiting()
    }
    letVcpusIn(task)
    return status
  }

  private func keepVcpusOut(_ task: TaskPointer) {
    task.noteWrite(pointee.waitForSeptZap)
    raw_store32(pointee.waitForSeptZap, 1)
    kickAll(task)
  }

  private func letVcpusIn(_ task: TaskPointer) {
    task.noteWrite(pointee.waitForSeptZap)
    raw_store32(pointee.waitForSeptZap, 0)
  }

  // MARK: The lock

  private func lockSept(_ task: TaskPointer) {
    let word = pointee.septLock
    schedule_point_pass(task.point, UInt32(SCHEDULE_LOCK.rawValue), word)
    if raw_cmpxchg32(word, 0, 1) != 0 {
      task.beginWaiting(.septLock)
      while raw_cmpxchg32(word, 0, 1) != 0, task.sleep(on: UnsafeRawPointer(word)) {}
      task.noteWrite(word)
      task.endWaiting()
    }
    task.pointee.septLockHeld = true
  }

  private func unlockSept(_ task: TaskPointer) {
    task.pointee.septLockHeld = false
    raw_store32(pointee.septLock, 0)
    task.noteWrite(pointee.septLock)
    task.wake(pointee.septLock)
  }
}
