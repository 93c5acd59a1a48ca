/// TLB flushes that a kernel owes, for TLB-2: what it has taken out of a direct root, or taken rights from, while
/// processors may still have it in their TLBs or, of upper levels, in their paging-structure caches.
///
/// No processor has to walk for a breach to be seen. Of private memory the TDX module keeps account, see TLB-1; what
/// KVM owes there is that the caches of a removed page are written back.
import CAtomics
import CKernelABI
import Machine

struct FlushDebts {
  /// What must not happen before the flush, the earliest first.
  enum Due: UInt8, BitwiseCopyable {
    /// A page table is gone: the read section of whoever took it out keeps it from being freed.
    case readSection
    /// A page is gone: its owner believes so once mmu_lock is free.
    case lock
    /// Write access or the dirty bit is gone: the caller of the operation believes so.
    case operation
  }

  struct Debt: BitwiseCopyable {
    var start: Gfn = 0
    var end: Gfn = 0
    var stamp: UInt64 = 0
    var entry: UInt32 = 0
    var level: UInt8 = 0
    var due = Due.readSection
  }

  private struct Account: BitwiseCopyable {
    var count = 0
    var debts = InlineArray<8, Debt>(repeating: Debt())
  }
  private static let capacity = 8

  private let accounts: UnsafeMutablePointer<Account>
  private let count: Int
  /// Nil where tasks are fibers, of which one runs at a time.
  private let lock: UnsafeMutablePointer<UInt32>?

  init(tasks: Int, isThreaded: Bool) {
    count = tasks
    accounts = .allocate(capacity: tasks)
    accounts.initialize(repeating: Account(), count: tasks)
    lock = isThreaded ? .allocate(capacity: 1) : nil
    lock?.initialize(to: 0)
  }

  func deallocate() {
    accounts.deallocate()
    lock?.deallocate()
  }

  /// When a debt came about says nothing of what it is.
  func register(in snapshot: Snapshot) {
    let (account, debt) = (MemoryLayout<Account>.stride, MemoryLayout<Debt>.stride)
    guard let debts = MemoryLayout<Account>.offset(of: \.debts), let stamp = MemoryLayout<Debt>.offset(of: \.stamp)
    else { preconditionFailure("a stored field") }
    let stamps = (0..<count).flatMap { id in (0..<Self.capacity).map { id * account + debts + $0 * debt + stamp } }
    snapshot.add(accounts, byteCount: count * account, beside: stamps.map { $0..<$0 + 8 })
  }

  func reset() { accounts.update(repeating: Account(), count: count) }

  @inline(__always) private func locked<Result>(_ body: () -> Result) -> Result {
    guard let lock else { return body() }
    RawLock.lock(lock)
    defer { RawLock.unlock(lock) }
    return body()
  }

  func owe(_ task: TaskPointer, _ debt: Debt) {
    task.pointee.flushDebts &+= 1
    locked {
      let account = accounts + task.pointee.id
      let count = account.pointee.count
      // A walk goes from one end to the other: neighbours are one debt.
      for index in (0..<count).reversed() where account.pointee.debts[index].due == debt.due {
        let known = account.pointee.debts[index]
        let touches = debt.start <= known.end && known.start <= debt.end
        guard touches || count == Self.capacity else { continue }
        account.pointee.debts[index].start = min(known.start, debt.start)
        account.pointee.debts[index].end = max(known.end, debt.end)
        account.pointee.debts[index].stamp = debt.stamp
        account.pointee.debts[index].level = max(known.level, debt.level)
        return
      }
      if count < Self.capacity {
        account.pointee.debts[count] = debt
        account.pointee.count = count + 1
      }
    }
  }

  /// Everybody's TLB was flushed of a range, of what it may have held before `stamp`.
  func settle(_ range: Range<Gfn>, before stamp: UInt64) {
    locked {
      for id in 0..<count where accounts[id].count > 0 {
        let account = accounts + id
        var kept = 0
        for index in 0..<account.pointee.count {
          let debt = account.pointee.debts[index]
          // Of a huge page a processor forgets all with any part of it.
          let mask = Spte.pages(max(Int(debt.level), 1)) &- 1
          let isCovered = range.lowerBound & ~mask <= debt.start && debt.end <= (range.upperBound &+ mask) & ~mask
          if debt.stamp <= stamp && isCovered { continue }
          account.pointee.debts[kept] = debt
          kept += 1
        }
        account.pointee.count = kept
      }
    }
  }

  /// The first debt of a task that is due now.
  @inline(__always) func first(_ id: Int, due: Due) -> Debt? {
    accounts[id].count == 0 ? nil : search(id, due)
  }

  private func search(_ id: Int, _ due: Due) -> Debt? {
    locked {
      (0..<accounts[id].count).map { accounts[id].debts[$0] }.first { $0.due.rawValue <= due.rawValue }
    }
  }

  func forget(_ id: Int) {
    if accounts[id].count > 0 { locked { accounts[id].count = 0 } }
  }
}

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// An entry of a direct root has changed: what of the old value may a processor still have?
  func owe(_ entry: SptePointer, _ header: UnsafeMutablePointer<PageHeader>, _ old: UInt64, _ new: UInt64) {
    let level = Int(header.pointee.level)
    let wasLeaf = Spte.isLeaf(old, level)
    let due: FlushDebts.Due
    if !wasLeaf {
      guard old ^ new != 0 else { return }
      due = .readSection
    } else if !Spte.isShadowPresent(new) {
      due = .lock
    } else if Spte.isLeaf(new, level) && old & ~new & (followsDirty ? Spte.writable | Spte.dirty : Spte.writable) != 0 {
      due = .operation
    } else {
      // A split maps the same, and aging owes nothing.
      return
    }
    let vm = pointee.vm
    guard !vm.pointee.state.pointee.isEnding, vm.isBelowValidRoot(header) else { return }
    let arena = vm.pointee.machine.pointee.arenaView
    let index = UInt32(truncatingIfNeeded: (UInt(bitPattern: entry) &- UInt(bitPattern: arena.base)) >> 3)
    let pages = Spte.pages(max(level, 1))
    let start = (header.pointee.gfn &+ UInt64(index & 511) &* pages) & (KernelVM.sharedBit - 1)
    vm.pointee.debts.owe(
      pointee.task,
      FlushDebts.Debt(
        start: start, end: start &+ pages, stamp: pointee.task.stamp(), entry: index, level: UInt8(level), due: due))
  }

  /// The operation asks for accesses that set D from now on: what a fault maps anew may have D clear, as up to Linux
  /// 6.13, and nobody relies on it.
  private var followsDirty: Bool {
    switch pointee.task.pointee.currentOperation {
    case .clearDirty, .logDirty, .collectDirty, .wrprot: true
    default: false
    }
  }

  /// What is owed now was due before what the task is about to do.
  @inline(__always) func payBefore(_ due: FlushDebts.Due) {
    if due == .lock && _slowPath(pointee.uncleanPage != 0) { reportUncleanPage() }
    if let debt = pointee.vm.pointee.debts.first(pointee.task.pointee.id, due: due) { report(debt) }
  }

  /// What is in the caches of a removed page is written with the TD's key, at any time, over what its next owner has
  /// there: until TDH.PHYMEM.PAGE.WBINVD.
  @inline(never) private func reportUncleanPage() {
    let gfn = pointee.uncleanPage &- 1
    pointee.uncleanPage = 0
    pointee.task.violationAfterDrain(
      .tlb2, gfn: gfn, level: pointee.uncleanPages == 1 ? 1 : 2,
      expected: "TDH.PHYMEM.PAGE.WBINVD of private page \(gfn.hex) before mmu_lock is let go",
      seen: "mmu_lock is let go, and the caches may hold what the TD wrote to the page that was removed")
    leaveIfOver()
  }

  @inline(never) private func report(_ debt: FlushDebts.Debt) {
    let vm = pointee.vm
    vm.pointee.debts.forget(pointee.task.pointee.id)
    let last = debt.end - 1
    let gfns = debt.start.hex + (last == debt.start ? "" : "-\(last.hex)")
    let (moment, seen) =
      switch debt.due {
      case .readSection:
        (
          "RCU lets the page table be freed",
          "the read section ends, and processors may have the page table in their paging-structure caches"
        )
      case .lock: ("mmu_lock is let go", "mmu_lock is let go, and processors may still use what was mapped there")
      case .operation:
        (
          "the operation returns",
          "it returns, and processors may still write there without a fault or without setting D"
        )
      }
    pointee.task.violationAfterDrain(
      .tlb2, gfn: debt.start, level: Int(debt.level), entry: debt.entry,
      expected: "a TLB flush of \(gfns) before \(moment)", seen: seen)
    leaveIfOver()
  }

  /// `kvm_flush_remote_tlbs_range()` and its like.
  func flush(_ range: Range<Gfn>, _ body: () -> Void) {
    let begin = pointee.task.stamp()
    body()
    pointee.vm.pointee.debts.settle(range, before: begin)
  }
}

extension KernelTask {
  /// Private pages were removed from the S-EPT.
  mutating func owe(cachesOf gfn: Gfn, _ pages: UInt64) {
    uncleanPage = gfn &+ 1
    uncleanPages = pages
  }

  /// The caches of a page were written back.
  mutating func settle(cachesOf pfn: UInt64) {
    // Private memory has the pfns of its gfns.
    if uncleanPage != 0 && pfn &- (uncleanPage &- 1) < uncleanPages { uncleanPage = 0 }
  }
}

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// vCPUs leave an invalid root before they enter the guest again, and with it all that it had mapped. What stands in
  /// a table that was taken out is flushed with that table.
  fileprivate func isBelowValidRoot(_ header: UnsafeMutablePointer<PageHeader>) -> Bool {
    let arena = pointee.machine.pointee.arenaView
    var page = UInt32(header - arena.headers)
    for _ in 0..<Spte.maxLevel {
      guard let parent = arena.headers[Int(page)].parent else { break }
      let entry = raw_load64(parent)
      guard Spte.isShadowPresent(entry), Spte.pfn(entry) == PageArena.pfn(page) else { return false }
      page = arena.index(of: parent)
    }
    guard let root = UnsafeRawPointer(bitPattern: UInt(pointee.pagePrivate[Int(page)])) else { return false }
    return !pointee.kernel.pointee.is_invalid(root)
  }
}
