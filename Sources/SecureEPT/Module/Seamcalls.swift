/// The SEAMCALLs by which KVM edits the S-EPT, named as in `arch/x86/virt/vmx/tdx/`.
///
/// Each takes the locks that the module takes, checks what the module checks, and answers a status. One schedule point
/// stands before the call and one inside it while its locks are held, so that contention is real and not only injected.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == TrustDomain {
  /// TDH.MEM.SEPT.ADD: links S-EPT table `page` into the entry of `level` for `gfn`.
  package func tdhMemSeptAdd(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, page: UInt32) -> TdxStatus {
    edit(task, .septAdd, gfn, level, value: PageArena.pfn(page), injectable: true) { entry in
      SeptEntry.state(entry) == .free
        ? .change(SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(page))) : .refuse(.entryStateIncorrect)
    }
  }

  /// TDH.MEM.PAGE.ADD: maps an initial page before the TD runs; it needs no accept.
  package func tdhMemPageAdd(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, pfn: UInt64) -> TdxStatus {
    edit(task, .pageAdd, gfn, level, value: pfn, injectable: true) { entry in
      SeptEntry.state(entry) == .free ? .change(SeptEntry.make(.mapped, pfn: pfn)) : .refuse(.entryStateIncorrect)
    }
  }

  /// TDH.MEM.PAGE.AUG: maps a page that is pending until the guest accepts it.
  package func tdhMemPageAug(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, pfn: UInt64) -> TdxStatus {
    edit(task, .pageAug, gfn, level, value: pfn, injectable: true) { entry in
      SeptEntry.state(entry) == .free ? .change(SeptEntry.make(.pending, pfn: pfn)) : .refuse(.entryStateIncorrect)
    }
  }

  /// TDH.MEM.RANGE.BLOCK: no new translation is made from the entry, be it a page's or a table's; it remembers the
  /// epoch.
  package func tdhMemRangeBlock(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, injectable: Bool) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    var status = TdxStatus.operandBusy
    var pfn: UInt64 = 0
    if !(injectable && drawBusy(task)) && tryLockTreeExclusive(task) {
      schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
      status = .walkFailed
      if let address = walk(gfn, to: level) {
        let entry = raw_load64(address)
        task.markWritten(address)
        pfn = SeptEntry.pfn(entry)
        let epoch = raw_load64(pointee.epoch)
        switch SeptEntry.state(entry) {
        case .mapped:
          raw_store64(address, SeptEntry.with(entry, state: .blocked, epoch: epoch))
          status = .success
        case .pending:
          raw_store64(address, SeptEntry.with(entry, state: .pendingBlocked, epoch: epoch))
          status = .success
        case .nonLeaf:
          raw_store64(address, SeptEntry.with(entry, state: .nonLeafBlocked, epoch: epoch))
          status = .success
        case .free, .nonLeafBlocked, .blocked, .pendingBlocked: status = .entryStateIncorrect
        }
      }
      unlockTreeExclusive()
    }
    tell(task, .rangeBlock, gfn, level, status, value: pfn)
    return status
  }

  /// TDH.MEM.TRACK: the next epoch begins, unless a vCPU still runs in the one before the current.
  package func tdhMemTrack(_ task: TaskPointer, injectable: Bool) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    var status = TdxStatus.operandBusy
    if !(injectable && drawBusy(task)) {
      if raw_cmpxchg32(pointee.epochLock, 0, 1 << 31) == 0 {
        let epoch = raw_load64(pointee.epoch)
        status = oldestGuestEpoch() < epoch ? .previousEpochBusy : .success
        if status == .success { raw_store64(pointee.epoch, epoch &+ 1) }
        // By addition: a vCPU that tries to enter meanwhile counts itself in and out again.
        raw_fetch_add32(pointee.epochLock, 1 << 31)
      } else {
        task.count(.entryLockBusy)
      }
    }
    tell(task, .track, 0, 0, status, value: raw_load64(pointee.epoch))
    return status
  }

  /// TDH.MEM.PAGE.REMOVE: unmaps a blocked page that no vCPU can still translate.
  package func tdhMemPageRemove(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, injectable: Bool) -> TdxStatus {
    afterTracking(task, .pageRemove, gfn, level, value: 0, injectable: injectable) { _, _ in SeptEntry.free }
  }

  /// TDH.MEM.PAGE.DEMOTE: replaces a blocked 2M page by table `page` with 512 entries of its own.
  package func tdhMemPageDemote(
    _ task: TaskPointer, _ gfn: Gfn, _ level: Int, page: UInt32, injectable: Bool
  ) -> TdxStatus {
    afterTracking(task, .pageDemote, gfn, level, value: PageArena.pfn(page), injectable: injectable) { entry, td in
      let table = td.pointee.machine.pointee.arena.table(page)
      let state: SeptEntry.State = SeptEntry.state(entry) == .pendingBlocked ? .pending : .mapped
      for index in 0..<Spte.entriesPerTable {
        raw_store64(table + index, SeptEntry.make(state, pfn: SeptEntry.pfn(entry) &+ UInt64(index)))
      }
      task.markWritten(all: page)
      return SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(page))
    }
  }

  /// TDH.MEM.SEPT.REMOVE: unlinks the table to which the blocked entry of `level` points, once no vCPU can walk through
  /// it and it is empty. Takes the tree lock exclusively.
  package func tdhMemSeptRemove(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, injectable: Bool) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    var status = TdxStatus.operandBusy
    var page: UInt32 = 0
    if !(injectable && drawBusy(task)) && tryLockTreeExclusive(task) {
      schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
      status = .walkFailed
      if let address = walk(gfn, to: level) {
        let entry = raw_load64(address)
        page = PageArena.page(pfn: SeptEntry.pfn(entry))
        if SeptEntry.state(entry) != .nonLeafBlocked {
          status = .entryStateIncorrect
        } else if !isTracked(entry) {
          status = .trackingNotDone
        } else if !isEmpty(page) {
          status = .childrenPresent
        } else {
          raw_store64(address, SeptEntry.free)
          task.markWritten(address)
          status = .success
        }
      }
      unlockTreeExclusive()
    }
    tell(task, .septRemove, gfn, level, status, value: UInt64(page))
    return status
  }

  private func isEmpty(_ page: UInt32) -> Bool {
    let table = pointee.machine.pointee.arena.table(page)
    return !(0..<Spte.entriesPerTable).contains { SeptEntry.state(raw_load64(table + $0)) != .free }
  }

  /// TDH.PHYMEM.PAGE.RECLAIM of an S-EPT table, once the TD's key is gone and its own children are.
  package func tdhPhymemPageReclaim(_ task: TaskPointer, page: UInt32) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    let arena = pointee.machine.pointee.arena
    let header = arena.headers[Int(page)]
    var status = pointee.isHkidAssigned ? TdxStatus.keyAssigned : .success
    if status == .success {
      let table = arena.table(page)
      for index in 0..<Spte.entriesPerTable {
        let entry = raw_load64(table + index)
        guard SeptEntry.isTable(entry) else { continue }
        // One that was reclaimed already is not back with the allocator yet.
        let state = arena.headers[Int(PageArena.page(pfn: SeptEntry.pfn(entry)))].state
        if state != .free && state != .unlinked {
          status = .childrenPresent
          break
        }
      }
    }
    if status == .success { arena.headers[Int(page)].state = .unlinked }
    tell(task, .pageReclaim, header.gfn, Int(header.level), status, value: UInt64(page))
    return status
  }

  // MARK: What the calls share

  /// True if this call answers an injected BUSY. Under the read lock the contention lasts until the lock is dropped.
  @inline(__always) private func drawBusy(_ task: TaskPointer) -> Bool {
    if task.pointee.busyThreshold == 0 { return false }
    if task.pointee.busyHeld { return true }
    if let fibers = task.pointee.fibers {
      let isBusy = fibers.ask(task.pointee.id, .busy)
      task.pointee.busyHeld = isBusy && task.pointee.lockMode == .read
      return isBusy
    }
    guard task.pointee.faultDraws.next() >> 32 < task.pointee.busyThreshold else { return false }
    task.pointee.busyHeld = task.pointee.lockMode == .read
    return true
  }

  @inline(__always) private func tell(
    _ task: TaskPointer, _ call: Seamcall, _ gfn: Gfn, _ level: Int, _ status: TdxStatus, value: UInt64
  ) {
    task.emit(
      .seamcall, gfn: gfn, old: UInt64(status.rawValue), new: value, level: level, root: .external,
      flags: call.rawValue)
  }

  /// A call that changes one entry under the shared tree lock. `change` decides from the entry's value.
  @inline(__always) private func edit(
    _ task: TaskPointer, _ call: Seamcall, _ gfn: Gfn, _ level: Int, value: UInt64, injectable: Bool,
    _ change: (UInt64) -> Decision
  ) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    task.noteSharedModule()
    var status = TdxStatus.operandBusy
    if !(injectable && drawBusy(task)) && tryLockTreeShared(task) {
      status = .walkFailed
      if let address = walk(gfn, to: level, noting: task) {
        var entry: UInt64 = 0
        status = .operandBusy
        if tryLockEntry(task, address, &entry) {
          schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), address)
          task.noteSharedModule()
          switch change(entry) {
          case .change(let new):
            raw_store64(address, new)
            status = .success
          case .refuse(let reason):
            raw_store64(address, entry)
            status = reason
          }
        }
      }
      unlockTreeShared(task)
    }
    tell(task, call, gfn, level, status, value: value)
    return status
  }

  /// A call that takes a blocked page away from the guest: refused until tracking is done.
  @inline(__always) private func afterTracking(
    _ task: TaskPointer, _ call: Seamcall, _ gfn: Gfn, _ level: Int, value: UInt64, injectable: Bool,
    _ change: (UInt64, TrustDomainPointer) -> UInt64
  ) -> TdxStatus {
    edit(task, call, gfn, level, value: value, injectable: injectable) { entry in
      switch SeptEntry.state(entry) {
      case .blocked, .pendingBlocked: break
      case .free, .nonLeaf, .nonLeafBlocked, .mapped, .pending: return .refuse(.entryStateIncorrect)
      }
      return isTracked(entry) ? .change(change(entry, self)) : .refuse(.trackingNotDone)
    }
  }

  /// No vCPU can hold a translation made before the entry was blocked.
  @inline(__always) private func isTracked(_ entry: UInt64) -> Bool {
    // Before TDH.MR.FINALIZE no vCPU has run, and the module asks for no tracking: tdx_track() returns at once then.
    guard pointee.isRunnable else { return true }
    // 20 bits are kept: more tracks than that between a block and its removal cannot happen under mmu_lock.
    let epoch = min(raw_load64(pointee.epoch), oldestGuestEpoch())
    let age = (epoch &- SeptEntry.blockEpoch(entry)) & 0xf_ffff
    return age != 0 && age < 1 << 19
  }

  /// The smallest epoch in which a vCPU runs; the maximum if none does.
  func oldestGuestEpoch() -> UInt64 {
    raw_fence()
    var oldest = UInt64.max
    for word in 0...((pointee.machine.pointee.taskCount - 1) >> 6) {
      var bits = raw_load64(pointee.inGuest + word)
      while bits != 0 {
        let id = word << 6 + bits.trailingZeroBitCount
        bits &= bits &- 1
        let epoch = pointee.machine.pointee.tasks[id].published(.guestEpoch)
        if epoch != 0 { oldest = min(oldest, epoch) }
      }
    }
    return oldest
  }
}

/// What a SEAMCALL makes of the entry it found.
private enum Decision {
  case change(UInt64)
  case refuse(TdxStatus)
}
