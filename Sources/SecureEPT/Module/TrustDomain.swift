/// One trust domain: the S-EPT's root, the module's locks and the TD epoch.
///
/// The module is emulated by what it enforces whoever calls it: states, parents, TLB tracking, locks. Its locks are
/// never waited for: a call that finds one taken answers BUSY, as the module's do.
import CAtomics
import Machine

package typealias TrustDomainPointer = UnsafeMutablePointer<TrustDomain>

package struct TrustDomain: BitwiseCopyable {
  static let stripes = 16
  static let line = 64
  package static let modeStride = 16
  private static let lines = 8 + stripes

  package let machine: MachinePointer
  package let policy: Policy
  /// The level-4 table of the S-EPT.
  package private(set) var rootPage: UInt32 = 0
  /// The TD's key: pages can be removed while it is assigned, tables reclaimed once it is not.
  package var isHkidAssigned = true
  /// `TD_STATE_RUNNABLE`: before it pages are added with TDH.MEM.PAGE.ADD, after it with PAGE.AUG.
  package var isRunnable = false
  /// What is broken on purpose in the KVM side of the external table.
  package var defects: GlueDefects = []
  /// `kvm_tdx->wait_for_sept_zap`: vCPUs stay out of the guest while it is set.
  let waitForSeptZap: UnsafeMutablePointer<UInt32>
  /// Policy `huge-shared`: held over BLOCK, TRACK and what they prepare.
  package let septLock: UnsafeMutablePointer<UInt32>

  /// The S-EPT tree lock. Shared holders count in stripes; the exclusive holder closes the flag, then looks.
  let treeExclusive: UnsafeMutablePointer<UInt32>
  let treeShared: UnsafeMutablePointer<UInt32>
  let stripeCount: Int
  /// The epoch lock: bit 31 exclusive (TRACK), below it the vCPUs that are entering.
  let epochLock: UnsafeMutablePointer<UInt32>
  /// Starts at 1, grows by one with each TRACK.
  let epoch: UnsafeMutablePointer<UInt64>
  /// One bit a vCPU that is in guest mode or on its way in.
  let inGuest: UnsafeMutablePointer<UInt64>
  /// A cache line a vCPU. Word 0 is `vcpu->mode`: odd from IN_GUEST_MODE to OUTSIDE_GUEST_MODE, another number each
  /// time. Word 1 is that number where the vCPU was asked to leave, EXITING_GUEST_MODE.
  package let modes: UnsafeMutablePointer<UInt32>
  /// Times that all vCPUs were asked to leave the guest, ever.
  package let kickCount: UnsafeMutablePointer<UInt64>
  let vcpus: UnsafeMutablePointer<Vcpu>
  private let words: UnsafeMutableRawPointer

  package static func create(_ machine: MachinePointer, policy: Policy) -> TrustDomainPointer {
    let td = TrustDomainPointer.allocate(capacity: 1)
    td.initialize(to: TrustDomain(machine: machine, policy: policy))
    return td
  }

  private init(machine: MachinePointer, policy: Policy) {
    self.machine = machine
    self.policy = policy
    let words = UnsafeMutableRawPointer.allocate(byteCount: Self.lines * Self.line, alignment: Self.line)
    words.initializeMemory(as: UInt8.self, repeating: 0, count: Self.lines * Self.line)
    func word32(_ line: Int) -> UnsafeMutablePointer<UInt32> {
      words.advanced(by: line * Self.line).bindMemory(to: UInt32.self, capacity: 16)
    }
    func word64(_ line: Int) -> UnsafeMutablePointer<UInt64> {
      words.advanced(by: line * Self.line).bindMemory(to: UInt64.self, capacity: 16)
    }
    self.words = words
    treeExclusive = word32(0)
    epochLock = word32(1)
    epoch = word64(2)
    waitForSeptZap = word32(3)
    inGuest = word64(4)  // 1024 bits: two lines
    treeShared = word32(6)
    septLock = word32(6 + Self.stripes)
    kickCount = word64(7 + Self.stripes)
    stripeCount = min(machine.pointee.taskCount, Self.stripes)
    epoch.pointee = 1
    modes = UnsafeMutablePointer<UInt32>.allocate(capacity: machine.pointee.taskCount * Self.modeStride)
    modes.initialize(repeating: 0, count: machine.pointee.taskCount * Self.modeStride)
    vcpus = UnsafeMutablePointer<Vcpu>.allocate(capacity: machine.pointee.taskCount)
    vcpus.initialize(repeating: Vcpu(), count: machine.pointee.taskCount)
  }

  package static func destroy(_ td: TrustDomainPointer) {
    td.pointee.vcpus.deallocate()
    td.pointee.modes.deallocate()
    td.pointee.words.deallocate()
    td.deallocate()
  }

  /// What SEAMCALLs and the guest change of a TD, for a snapshot; its tables are the arena's.
  package static func register(_ td: TrustDomainPointer, in snapshot: Snapshot) {
    let tasks = td.pointee.machine.pointee.taskCount
    snapshot.add(td)
    snapshot.add(td.pointee.words, byteCount: lines * line)
    snapshot.add(td.pointee.modes, count: tasks * modeStride)
    snapshot.add(td.pointee.vcpus, count: tasks)
  }

  /// TDH.MNG.CREATE and INIT: takes the root table. No task may run.
  package mutating func build(_ task: TaskPointer) {
    rootPage = task.allocateTable(kind: .external, level: Spte.maxLevel, gfn: 0, fill: SeptEntry.free)
    isHkidAssigned = true
    isRunnable = false
    epoch.pointee = 1
    for id in 0..<machine.pointee.taskCount { vcpus[id] = Vcpu() }
  }

  /// Gives the root table back, after all others were reclaimed.
  package mutating func tearDown(_ task: TaskPointer) {
    task.freeTable(rootPage)
    rootPage = 0
  }
}

// The module's locks. Each answers false where the module would answer BUSY.
extension UnsafeMutablePointer where Pointee == TrustDomain {
  @inline(__always) private func stripe(_ task: TaskPointer) -> UnsafeMutablePointer<UInt32> {
    pointee.treeShared + (task.pointee.id % pointee.stripeCount) * 16
  }

  @inline(__always) func tryLockTreeShared(_ task: TaskPointer) -> Bool {
    let stripe = stripe(task)
    raw_fetch_add32(stripe, 1)
    if _fastPath(raw_load32(pointee.treeExclusive) == 0) { return true }
    raw_fetch_add32(stripe, ~0)
    task.count(.entryLockBusy)
    return false
  }

  @inline(__always) func unlockTreeShared(_ task: TaskPointer) { raw_fetch_add32(stripe(task), ~0) }

  func tryLockTreeExclusive(_ task: TaskPointer) -> Bool {
    if raw_cmpxchg32(pointee.treeExclusive, 0, 1) != 0 {
      task.count(.entryLockBusy)
      return false
    }
    for index in 0..<pointee.stripeCount where raw_load32(pointee.treeShared + index * 16) != 0 {
      raw_store32(pointee.treeExclusive, 0)
      task.count(.entryLockBusy)
      return false
    }
    return true
  }

  @inline(__always) func unlockTreeExclusive() { raw_store32(pointee.treeExclusive, 0) }

  /// Locks one entry. `entry` is set to its unlocked value.
  @inline(__always) func tryLockEntry(_ task: TaskPointer, _ address: SptePointer, _ entry: inout UInt64) -> Bool {
    entry = raw_load64(address)
    if _fastPath(
      !SeptEntry.isLocked(entry) && raw_cmpxchg64(address, entry, entry | SeptEntry.lock) == entry)
    {
      task.markWritten(address)
      task.noteWrite(address)
      return true
    }
    task.noteRead(address)
    task.count(.entryLockBusy)
    return false
  }

  /// The entry for `gfn` at `level`, nil if a parent is not a present table.
  @inline(__always) func walk(_ gfn: Gfn, to level: Int, noting task: TaskPointer? = nil) -> SptePointer? {
    var table = pointee.machine.pointee.arena.table(pointee.rootPage)
    var current = Spte.maxLevel
    while current > level {
      let entry = raw_load64(table + Spte.index(gfn, current))
      task?.noteRead(table + Spte.index(gfn, current))
      guard SeptEntry.state(entry) == .nonLeaf else { return nil }
      table = pointee.machine.pointee.arena.table(PageArena.page(pfn: SeptEntry.pfn(entry)))
      current -= 1
    }
    return table + Spte.index(gfn, level)
  }

  /// The leaf that translates `gfn`, whatever its level; nil if there is none.
  func leaf(_ gfn: Gfn) -> (address: SptePointer, entry: UInt64, level: Int)? {
    var table = pointee.machine.pointee.arena.table(pointee.rootPage)
    for level in stride(from: Spte.maxLevel, through: 1, by: -1) {
      let address = table + Spte.index(gfn, level)
      let entry = raw_load64(address)
      if SeptEntry.isLeaf(entry) { return (address, entry, level) }
      guard SeptEntry.state(entry) == .nonLeaf else { return nil }
      table = pointee.machine.pointee.arena.table(PageArena.page(pfn: SeptEntry.pfn(entry)))
    }
    return nil
  }
}
