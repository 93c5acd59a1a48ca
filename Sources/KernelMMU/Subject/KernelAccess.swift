/// Accesses of the kernel to SPTEs, and its SEAMCALLs: what becomes of them on the machine.
import CAtomics
import CKernelABI
import Machine
import SecureEPT

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// An access has just happened: nothing else has since.
  @inline(__always) func accessed(_ access: UInt32, _ entry: SptePointer, _ old: UInt64, _ value: UInt64) {
    let task = pointee.task
    switch Int(access) {
    case STRESS_ACCESS_READ:
      if value == Spte.frozen { task.count(.metFrozen) } else if value == Spte.poison { task.usedFreed(entry) }
    case STRESS_ACCESS_CMPXCHG_LOST:
      pointee.losses &+= 1
      task.pointee.sawRetry = true
      task.count(.lostCmpxchg)
      if value == Spte.poison { task.usedFreed(entry) }
      tell(.cmpxchgLost, entry, old, value)
    case STRESS_ACCESS_STORE: wrote(.store, entry, old, value)
    case STRESS_ACCESS_STORE_BLIND: wrote(.store, entry, old, value, flags: Event.blind)
    case STRESS_ACCESS_CMPXCHG: wrote(.cmpxchg, entry, old, value)
    case STRESS_ACCESS_XCHG: wrote(.xchg, entry, old, value)
    default: wrote(.fetchAnd, entry, old, value)
    }
  }

  @inline(__always) private func wrote(
    _ kind: Event.Kind, _ entry: SptePointer, _ old: UInt64, _ value: UInt64, flags: UInt8 = 0
  ) {
    let task = pointee.task
    task.markWritten(entry)
    if old == Spte.poison { task.usedFreed(entry) }
    // Taking a table down freezes its 512 entries; those that were empty tell no rule anything.
    if old == Spte.nonpresent && value == Spte.frozen && kind == .xchg { return }
    pointee.changes &+= 1
    tell(kind, entry, old, value, flags: flags)
    if Spte.isShadowPresent(old) {
      let arena = pointee.vm.pointee.machine.pointee.arenaView
      let header = arena.headers + Int(arena.index(of: entry))
      if header.pointee.kind == .direct { owe(entry, header, old, value) }
    }
    if Spte.isShadowPresent(value) && !Spte.isLarge(value) { linked(entry, value) }
  }

  /// The events' gfns are the guest's, on either side of GPA.SHARED.
  @inline(__always) private func tell(
    _ kind: Event.Kind, _ sptep: SptePointer, _ old: UInt64, _ new: UInt64, flags: UInt8 = 0
  ) {
    let arena = pointee.vm.pointee.machine.pointee.arenaView
    let header = arena.headers + Int(arena.index(of: sptep))
    let level = Int(header.pointee.level)
    let entry = UInt32(truncatingIfNeeded: (UInt(bitPattern: sptep) &- UInt(bitPattern: arena.base)) >> 3)
    let gfn = header.pointee.gfn &+ UInt64(entry & 511) &* Spte.pages(max(level, 1))
    pointee.task.emit(
      kind, gfn: gfn & (KernelVM.sharedBit - 1), old: old, new: new, entry: entry, level: level,
      root: header.pointee.kind, flags: flags)
  }

  /// An entry is present and no huge page: above the last level a table can be found from here on.
  private func linked(_ sptep: SptePointer, _ value: UInt64) {
    let vm = pointee.vm
    let arena = vm.pointee.machine.pointee.arenaView
    let header = arena.headers + Int(arena.index(of: sptep))
    let level = header.pointee.level
    let page = Int(PageArena.page(pfn: Spte.pfn(value)))
    guard level > 1, (1..<vm.pointee.capacity).contains(page) else { return }
    let child = arena.headers + page
    if child.pointee.state == .allocated {
      child.pointee.state = .linked
      pointee.task.markPrepared(UInt32(page))
    }
    guard header.pointee.kind == .mirror, child.pointee.externalPage == 0 else { return }
    // What SEPT.ADD has linked beside it, while this entry was frozen.
    let added = pointee.added
    if added.level == level && added.gfn == child.pointee.gfn { child.pointee.externalPage = added.page }
  }

  // MARK: SEAMCALLs

  /// Leaf numbers are part of the TDX module's ABI.
  private enum Leaf: UInt64 {
    case memPageAdd = 2
    case memSeptAdd = 3
    case memPageAug = 6
    case memRangeBlock = 7
    case memPageDemote = 15
    case mrFinalize = 17
    case mngVpflushdone = 19
    case mngKeyFreeid = 20
    case phymemPageReclaim = 28
    case memPageRemove = 29
    case memTrack = 38
    case phymemCacheWb = 40
    case phymemPageWbinvd = 41
    case phymemPamtAdd = 58
    case phymemPamtRemove = 59

    /// The calls that edit the S-EPT, as events name them.
    var edit: Seamcall? {
      switch self {
      case .memPageAdd: .pageAdd
      case .memSeptAdd: .septAdd
      case .memPageAug: .pageAug
      case .memRangeBlock: .rangeBlock
      case .memPageDemote: .pageDemote
      case .memPageRemove: .pageRemove
      case .memTrack: .track
      default: nil
      }
    }
  }

  func seamcall(_ number: UInt64, _ registers: stress_registers) -> UInt64 {
    let (vm, task) = (pointee.vm, pointee.task)
    let td = vm.pointee.td
    // The level stands in the low bits of the gpa, 0 for 4K.
    let (gfn, level) = (registers.rcx >> 12, Int(registers.rcx & 7) + 1)
    let pfn = registers.r8 >> 12
    // A call that is repeated with all vCPUs kept outside meets nobody else's.
    func injectable() -> Bool { !vm.pointee.kernel.pointee.waits_for_sept_zap(vm.pointee.state.pointee.world) }
    let status: TdxStatus
    if vm.tdIsDead, let edit = Leaf(rawValue: number)?.edit {
      schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
      task.emit(
        .seamcall, gfn: gfn, old: UInt64(TdxStatus.tdFatal.rawValue), level: level, root: .external,
        flags: edit.rawValue)
      return Self.word(.tdFatal)
    }
    switch Leaf(rawValue: number) {
    case .memSeptAdd:
      status = addTable(gfn, level, pfn) { td.tdhMemSeptAdd(task, gfn, level, page: $0) }
    case .memPageDemote:
      // The pair for what becomes 4K pages is part of the call.
      status = addTable(gfn, level, pfn) {
        td.tdhMemPageDemote(task, gfn, level, page: $0, injectable: injectable())
      }
      if status == .success { vm.pointee.pamt.demoted(gfn) }
    case .memPageAdd: status = mapPage(level, pfn) { td.tdhMemPageAdd(task, gfn, level, pfn: pfn) }
    case .memPageAug: status = mapPage(level, pfn) { td.tdhMemPageAug(task, gfn, level, pfn: pfn) }
    case .memRangeBlock: status = td.tdhMemRangeBlock(task, gfn, level, injectable: injectable())
    case .memTrack: status = td.tdhMemTrack(task, injectable: injectable())
    case .memPageRemove:
      status = td.tdhMemPageRemove(task, gfn, level, injectable: injectable())
      // Private memory has the pfns of its gfns.
      if status == .success {
        pointee.owe(cachesOf: gfn, Spte.pages(level))
        if level == 1 { vm.pointee.pamt.give(gfn) }
      }
    case .phymemPamtAdd: status = lend(.pamtAdd, gfn) { vm.pointee.pamt.add(task, gfn) }
    case .phymemPamtRemove: status = lend(.pamtRemove, gfn) { vm.pointee.pamt.remove(task, gfn) }
    case .phymemPageReclaim:
      guard let page = vm.page(pfn: gfn) else { return Self.operandInvalid }
      status = td.tdhPhymemPageReclaim(task, page: page)
    case .mrFinalize:
      td.pointee.isRunnable = true
      status = .success
    case .mngKeyFreeid:
      td.pointee.isHkidAssigned = false
      status = .success
    case .phymemPageWbinvd:
      // The TD's key stands above the address.
      pointee.settle(cachesOf: gfn & Self.addressMask)
      status = .success
    case .mngVpflushdone, .phymemCacheWb: status = .success
    case nil:
      vm.pointee.machine.pointee.reports.add(harnessFault: "SEAMCALL \(number) is not emulated")
      vm.pointee.machine.pointee.halt()
      return Self.operandInvalid
    }
    let isBusy = status == .operandBusy && task.pointee.lockMode == .read
    if isBusy {
      task.pointee.sawRetry = true
      task.count(.busyRestored)
    }
    if pointee.escape != nil && isBusy != pointee.isBusy { tellWatchdog(isBusy, gfn) }
    return Self.word(status)
  }

  /// A thread that is not let go by BUSY waits for whoever makes it so, if it asks again and again.
  func tellWatchdog(_ isBusy: Bool, _ gfn: Gfn) {
    pointee.isBusy = isBusy
    if isBusy { pointee.task.beginWaiting(.busySeamcall, gfn) } else { pointee.task.endWaiting() }
  }

  /// A call that maps a page: a small one only where its region has metadata.
  private func mapPage(_ level: Int, _ pfn: UInt64, _ call: () -> TdxStatus) -> TdxStatus {
    guard level == 1 else { return call() }
    guard pointee.vm.pointee.pamt.take(pfn) else { return .missingPair }
    let status = call()
    if status != .success { pointee.vm.pointee.pamt.give(pfn) }
    return status
  }

  /// A call about the metadata of a region.
  private func lend(_ call: Seamcall, _ pfn: UInt64, _ body: () -> TdxStatus) -> TdxStatus {
    let status = body()
    pointee.task.emit(
      .seamcall, gfn: pfn, old: UInt64(status.rawValue), level: 2, root: .external, flags: call.rawValue)
    return status
  }

  /// A call that makes a page of KVM's an S-EPT table.
  private func addTable(_ gfn: Gfn, _ level: Int, _ pfn: UInt64, _ call: (UInt32) -> TdxStatus) -> TdxStatus {
    let vm = pointee.vm
    guard let page = vm.page(pfn: pfn) else { return .entryStateIncorrect }
    let headers = vm.pointee.machine.pointee.arenaView.headers
    // KVM may have taken it as a page like any other: it is the module's from here on, which finds it empty.
    if headers[Int(page)].kind != .external {
      headers[Int(page)].kind = .external
      vm.pointee.machine.pointee.arena.table(page).update(repeating: SeptEntry.free, count: Spte.entriesPerTable)
      pointee.task.markWritten(all: page)
    }
    let status = call(page)
    guard status == .success else { return status }
    headers[Int(page)].gfn = gfn
    headers[Int(page)].level = UInt8(level - 1)
    // The module's, until TDH.PHYMEM.PAGE.RECLAIM.
    headers[Int(page)].state = .linked
    pointee.added = (gfn, UInt8(level), page)
    // Under the write lock the mirror's table was linked before.
    if pointee.task.pointee.lockMode == .write, let child = vm.mirrorTable(gfn, level) {
      if headers[Int(child)].externalPage == 0 { headers[Int(child)].externalPage = page }
    }
    return status
  }

  private static let operandInvalid: UInt64 = 0xC000_0100_0000_0000
  /// Of 52 bits of a physical address, those of the pfn.
  private static let addressMask: UInt64 = (1 << 40) - 1

  /// The TDX module's completion codes.
  private static func word(_ status: TdxStatus) -> UInt64 {
    switch status {
    case .success: 0
    case .operandBusy: 0x8000_0200_0000_0000
    case .previousEpochBusy: 0x8000_0201_0000_0000
    case .walkFailed: 0xC000_0B00_0000_0000
    case .entryStateIncorrect: 0xC000_0B0D_0000_0000
    case .trackingNotDone: 0xC000_0B08_0000_0000
    case .childrenPresent: 0xC000_0B01_0000_0000
    case .keyAssigned: 0xC000_0811_0000_0000
    case .tdFatal: 0xE000_0604_0000_0000
    case .rangeNotFree: 0xC000_0304_0000_0000
    case .missingPair: 0xC000_0305_0000_0000
    case .metadataIncorrect: 0xC000_0300_0000_0000
    }
  }
}

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// The page of the arena with that number, nil if it is another's memory.
  fileprivate func page(pfn: UInt64) -> UInt32? {
    let page = pfn &- PageArena.tablePfnBase
    return page > 0 && page < UInt64(pointee.capacity) ? UInt32(page) : nil
  }

  /// The table that the mirror's entry of `level` for `gfn` points to.
  fileprivate func mirrorTable(_ gfn: Gfn, _ level: Int) -> UInt32? {
    let arena = pointee.machine.pointee.arena
    var page = pointee.state.pointee.mirrorRoot
    for current in stride(from: Spte.maxLevel, through: level, by: -1) {
      let spte = raw_load64(arena.table(page) + Spte.index(gfn, current))
      guard Spte.isNonLeaf(spte, current), let next = self.page(pfn: Spte.pfn(spte)) else { return nil }
      page = next
    }
    return page
  }
}
