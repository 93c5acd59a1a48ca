/// The subject that is a user's own kernel: a VM whose TDP MMU was compiled from a kernel tree.
///
/// All that the kernel side changes stands in memory that is owned here: its world, its tasks, `struct page`, its
/// objects, and the machine's arena for page tables; and in the variables of its files, which one world has at a time.
/// So a snapshot puts all of it back, whatever a task was about to do when it was left.
import CAtomics
import CKernelABI
import Glibc
import Machine
import SecureEPT

package typealias KernelVMPointer = UnsafeMutablePointer<KernelVM>

package struct KernelVM {
  /// Bytes in use, by part: what a snapshot has to keep.
  enum Used: Int, CaseIterable { case world, pages, objects, owners }

  /// What changes of a VM on this side.
  struct State: BitwiseCopyable {
    var world: OpaquePointer?
    var mirrorRoot: UInt32 = 0
    var guestPages: UInt64 = 0
    var assertsLocks = true
    var tdIsDead = false
    var lacksInterrupts = false
    /// The VM's end: no vCPU runs any more.
    var isEnding = false
    /// Some faults are asked for by KVM_PRE_FAULT_MEMORY, as their draws say.
    var prefetches = false
    /// No walk is to yield.
    var isQuiet = false
  }

  /// The pool of objects: slots are used again oldest first.
  struct Pool: BitwiseCopyable {
    var nextUnused: UInt32 = 1
    var firstFree: UInt32 = 0
    var lastFree: UInt32 = 0
    var freeCount: UInt32 = 0
  }

  /// What became of an object: who did it, where in the kernel's code as an offset in its object, and when in the
  /// events' time.
  struct Deed: BitwiseCopyable {
    var task: UInt32 = 0
    var code: UInt32 = 0
    var stamp: UInt64 = 0
  }

  /// One object: which page table it heads or has headed, and the next free one.
  struct Slot: BitwiseCopyable {
    var page: UInt32 = 0
    var next: UInt32 = 0
    /// Bytes that may be accessed, 0 for none: the object is free.
    var size: UInt16 = 0
    /// What takes it off `possible_nx_huge_pages` removes its table.
    var isTracked = false
    /// `call_rcu()`, if it came to that.
    var retired = Deed()
    var freed = Deed()
    var isInUse: Bool { size != 0 }
  }

  static let objectBytes = Int(STRESS_OBJECT_BYTES)
  /// Freed objects that wait before the first is used again.
  static let quarantine: UInt32 = 64
  /// Direct roots at once, at most: each vCPU may hold on to one that is obsolete, each walk to two.
  static func mostRoots(tasks: Int) -> Int { max(32, 3 * tasks + 8) }
  /// GPA.SHARED of a four-level guest, as a gfn bit: where the direct root of a TD maps what is shared.
  static let sharedBit: Gfn = 1 << 35
  /// Shared memory is backed by other host pages than private memory.
  static let sharedPfnBase: UInt64 = 1 << 29

  let kernel: UnsafePointer<stress_kernel>
  package let machine: MachinePointer
  package let td: TrustDomainPointer
  let host: UnsafeMutablePointer<stress_host>
  let state: UnsafeMutablePointer<State>
  let pool: UnsafeMutablePointer<Pool>
  let poolLock: UnsafeMutablePointer<UInt32>
  let used: UnsafeMutablePointer<Int>
  /// Pages of the direct roots, 0 where a slot is empty.
  let directRoots: UnsafeMutablePointer<UInt64>
  let rootCount: Int
  let tasks: KernelTaskPointer
  let taskMemory: UnsafeMutableRawPointer
  let taskStride: Int
  let world: UnsafeMutableRawPointer
  let worldBytes: Int
  /// `struct page` of the arena.
  let pagePrivate: UnsafeMutablePointer<UInt64>
  /// The callbacks of deferred tables, by page.
  let callbacks: UnsafeMutablePointer<UnsafeMutablePointer<stress_rcu_head>?>
  let objects: UnsafeMutableRawPointer
  let slots: UnsafeMutablePointer<Slot>
  let capacity: Int
  let activity: Activity
  let walkers: Walkers
  let escape: EscapePointer
  /// Tasks are threads; otherwise fibers, of which one runs at a time.
  let isThreaded: Bool
  let knownRaces: Unmanaged<KnownRaces>
  let symbols: Unmanaged<KernelSymbolCache>
  let variables: Unmanaged<KernelVariables>
  /// By how large pages private memory is asked for.
  let policy: Policy
  let pamt: DynamicPamt
  let debts: FlushDebts
  /// A byte an object, for the audit's own use.
  let marks: UnsafeMutablePointer<UInt8>

  /// - Parameters:
  ///   - policy: `4k`, or `huge` for a tree that maps 2M private leaves.
  ///   - guestPages: at most what a VM may have.
  ///   - isThreaded: tasks are threads, not fibers.
  /// - Returns: nil if the address space cannot be had.
  package static func create(
    _ loaded: LoadedKernel, _ machine: MachinePointer, policy: Policy = .fourK, guestPages: UInt64,
    isThreaded: Bool = false
  ) -> KernelVMPointer? {
    let tasks = isThreaded ? machine.pointee.taskCount : 0
    let escapes = (0...tasks).compactMap { _ in Escape.create() }
    let vm = KernelVMPointer.allocate(capacity: 1)
    guard escapes.count == tasks + 1,
      let made = KernelVM(loaded, machine, policy, guestPages: guestPages, vm: vm, escapes: escapes)
    else {
      escapes.forEach(Escape.destroy)
      vm.deallocate()
      return nil
    }
    vm.initialize(to: made)
    vm.markMemory()
    machine.pointee.release = releaseTable
    if isThreaded { machine.pointee.interrupt = leaveOrStrand }
    machine.pointee.wordName = KernelVM.wordName
    machine.pointee.codePlace = KernelVM.codePlace
    machine.pointee.isKnownRace = KernelVM.isKnownRace
    machine.pointee.subject = UnsafeMutableRawPointer(vm)
    return vm
  }

  private init?(
    _ loaded: LoadedKernel, _ machine: MachinePointer, _ policy: Policy, guestPages: UInt64, vm: KernelVMPointer,
    escapes: [EscapePointer]
  ) {
    func memory<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
      memory.initialize(repeating: value, count: count)
      return memory
    }
    kernel = loaded.table
    self.machine = machine
    self.policy = policy
    pamt = DynamicPamt(guestPages: guestPages)
    escape = escapes[0]
    isThreaded = escapes.count > 1
    knownRaces = .passRetained(loaded.knownRaces)
    symbols = .passRetained(loaded.symbols)
    variables = .passRetained(loaded.variables)
    capacity = machine.pointee.arena.capacity
    let count = machine.pointee.taskCount
    rootCount = Self.mostRoots(tasks: count)
    var largest = stress_world_config()
    largest.guest_pages = guestPages
    largest.vcpus = UInt32(count)
    worldBytes = Int(loaded.table.pointee.world_bytes(&largest))
    taskStride = (Int(loaded.table.pointee.task_bytes) + 63) & ~63
    let objectBytes = capacity * Self.objectBytes
    let reserved = [worldBytes, taskStride * count, capacity * 8, objectBytes, capacity * MemoryLayout<Slot>.stride]
      .map(Self.reserve)
    guard !reserved.contains(nil) else { return nil }
    world = reserved[0].unsafelyUnwrapped
    taskMemory = reserved[1].unsafelyUnwrapped
    pagePrivate = reserved[2].unsafelyUnwrapped.bindMemory(to: UInt64.self, capacity: capacity)
    objects = reserved[3].unsafelyUnwrapped
    slots = reserved[4].unsafelyUnwrapped.bindMemory(to: Slot.self, capacity: capacity)
    callbacks = memory(capacity, nil)
    td = TrustDomain.create(machine, policy: policy)
    host = memory(1, KernelHost.table)
    state = memory(1, State())
    pool = memory(1, Pool())
    poolLock = memory(1, 0)
    used = memory(Used.allCases.count, 0)
    directRoots = memory(rootCount, 0)
    activity = Activity(guestPages: guestPages)
    walkers = Walkers(count: count)
    debts = FlushDebts(tasks: count, isThreaded: isThreaded)
    marks = memory(capacity, 0)
    tasks = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<KernelTask>.stride, alignment: KernelTask.alignment
    ).bindMemory(to: KernelTask.self, capacity: count)
    for id in 0..<count {
      let own = isThreaded ? escapes[id + 1] : nil
      (tasks + id).initialize(to: KernelTask(task: machine.pointee.tasks[id], vm: vm, escape: own))
    }
  }

  private static func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return memory == MAP_FAILED ? nil : memory
  }

  package static func destroy(_ vm: KernelVMPointer) {
    let own = vm.pointee
    for (memory, bytes) in own.marked { Shadow.unmark(memory, bytes) }
    Shadow.unmark(own.world, own.worldBytes & ~7)
    own.machine.pointee.release = nil
    own.machine.pointee.interrupt = nil
    own.machine.pointee.wordName = nil
    own.machine.pointee.codePlace = nil
    own.machine.pointee.isKnownRace = nil
    own.knownRaces.release()
    own.symbols.release()
    own.variables.release()
    own.machine.pointee.subject = nil
    munmap(own.world, own.worldBytes)
    munmap(own.taskMemory, own.taskStride * own.machine.pointee.taskCount)
    munmap(own.pagePrivate, own.capacity * 8)
    munmap(own.objects, own.capacity * objectBytes)
    munmap(own.slots, own.capacity * MemoryLayout<Slot>.stride)
    own.callbacks.deallocate()
    TrustDomain.destroy(own.td)
    own.host.deallocate()
    own.state.deallocate()
    own.pool.deallocate()
    own.poolLock.deallocate()
    own.used.deallocate()
    own.directRoots.deallocate()
    own.activity.deallocate()
    own.walkers.deallocate()
    own.debts.deallocate()
    own.marks.deallocate()
    own.pamt.deallocate()
    for id in 0..<own.machine.pointee.taskCount {
      if let escape = own.tasks[id].escape { Escape.destroy(escape) }
    }
    UnsafeMutableRawPointer(own.tasks).deallocate()
    Escape.destroy(own.escape)
    vm.deallocate()
  }
}

extension UnsafeMutablePointer where Pointee == KernelVM {
  package var mirrorRoot: UInt32 { pointee.state.pointee.mirrorRoot }
  package var septRoot: UInt32 { pointee.td.pointee.rootPage }
  /// The kernel has mirror roots, and the VM is a TD; otherwise all of its memory is shared.
  package var isTd: Bool { pointee.kernel.pointee.has_mirror_roots }
  /// Added to a gfn where the direct root maps it.
  package var sharedBits: Gfn { isTd ? KernelVM.sharedBit : 0 }
  /// The kernel recovers huge pages by zapping the tables in their place.
  package var recoversByZap: Bool { pointee.kernel.pointee.recovers_by_zap }
  package var directRootWords: UnsafeBufferPointer<UInt64> {
    UnsafeBufferPointer(start: pointee.directRoots, count: pointee.rootCount)
  }

  /// All that the subject changes but tables and tasks.
  package func register(in snapshot: Snapshot) {
    let own = pointee
    let count = own.machine.pointee.taskCount
    TrustDomain.register(own.td, in: snapshot)
    own.activity.register(in: snapshot)
    own.walkers.register(in: snapshot)
    own.debts.register(in: snapshot)
    own.pamt.register(in: snapshot)
    snapshot.add(own.state)
    snapshot.add(own.pool)
    snapshot.add(own.used, count: KernelVM.Used.allCases.count)
    snapshot.add(own.directRoots, count: own.rootCount)
    snapshot.add(own.tasks, count: count)
    snapshot.add(own.taskMemory, byteCount: own.taskStride * count)
    if let variables = own.kernel.pointee.variables {
      snapshot.add(variables, byteCount: Int(own.kernel.pointee.variables_bytes))
    }
    func add(_ memory: UnsafeMutableRawPointer, _ bytes: Int, _ used: KernelVM.Used, isState: Bool = true) {
      snapshot.add(memory, byteCount: bytes, used: UnsafePointer(own.used + used.rawValue), isState: isState)
    }
    add(own.world, own.worldBytes, .world)
    add(own.pagePrivate, own.capacity * 8, .pages)
    add(own.objects, own.capacity * KernelVM.objectBytes, .objects)
    add(own.slots, own.capacity * MemoryLayout<KernelVM.Slot>.stride, .owners, isState: false)
    snapshot.add(telling: { own.tellSlots(&$0) })
  }

  @inline(__always) func own(_ task: TaskPointer) -> KernelTaskPointer { pointee.tasks + task.pointee.id }

  @inline(__always) func isPrivate(_ gfn: Gfn) -> Bool {
    pointee.kernel.pointee.is_private(pointee.state.pointee.world, gfn)
  }

  /// As the tables stand: for reports.
  package func isPrivate(atRest gfn: Gfn) -> Bool { gfn < pointee.state.pointee.guestPages && isPrivate(gfn) }

  /// KVM_CREATE_VM, with its vCPUs' roots loaded. No other task may run.
  /// - Parameters:
  ///   - vcpus: one for each task that will run.
  ///   - shared: the gfns that begin as shared memory.
  ///   - provesMmu: CONFIG_KVM_PROVE_MMU, where the kernel looks at it while it runs.
  package func build(
    _ task: TaskPointer, vcpus: Int, guestPages: UInt64, shared: [Range<Gfn>], provesMmu: Bool = false
  ) {
    let own = pointee
    own.td.pointee.build(task)
    own.pamt.reset()
    var config = stress_world_config()
    config.arena = UnsafeMutableRawPointer(own.machine.pointee.arena.base)
    config.arena_pages = UInt64(own.capacity)
    config.first_pfn = PageArena.tablePfnBase
    config.page_private = own.pagePrivate
    config.objects = own.objects
    config.objects_bytes = UInt64(own.capacity * KernelVM.objectBytes)
    describeMemory(&config)
    config.guest_pages = guestPages
    config.vcpus = UInt32(vcpus)
    config.private_level = own.policy.mapsHuge ? 2 : 1
    config.shared_level = 2
    config.is_td = isTd
    config.nx_huge_pages = true
    config.proves_mmu = provesMmu
    let bytes = Int(own.kernel.pointee.world_bytes(&config))
    memset(own.world, 0, bytes)
    memset(own.taskMemory, 0, own.taskStride * vcpus)
    memset(own.pagePrivate, 0, max(own.used[KernelVM.Used.pages.rawValue], 8))
    own.used[KernelVM.Used.world.rawValue] = bytes
    own.state.pointee.guestPages = guestPages
    own.state.pointee.assertsLocks = true
    own.state.pointee.tdIsDead = false
    own.state.pointee.lacksInterrupts = false
    own.state.pointee.isEnding = false
    own.state.pointee.prefetches = false
    own.debts.reset()
    let world = own.kernel.pointee.world_create(own.world, &config, own.host)
    own.state.pointee.world = world
    for id in 0..<vcpus {
      let point = UnsafeMutableRawPointer(own.machine.pointee.tasks[id].point)
      own.tasks[id].kernel = own.kernel.pointee.task_create(
        own.taskMemory + id * own.taskStride, world, own.tasks + id, point.assumingMemoryBound(to: stress_point.self))
    }
    own.kernel.pointee.vm_create(own.tasks[0].kernel)
    for id in 0..<vcpus { own.kernel.pointee.load_roots(own.tasks[id].kernel, UInt32(id)) }
    // Without private memory there is nothing to convert.
    for range in shared where isTd {
      _ = own.kernel.pointee.convert(self.own(task).pointee.kernel, range.lowerBound, range.upperBound, false)
    }
  }

  /// TDH.MR.FINALIZE: from here on pages are added by PAGE.AUG and the guest may run.
  /// PAGE.ADD of an initial page comes after its mirror SPTE was set.
  package var premapsPages: Bool { pointee.kernel.pointee.adds_pages_late }

  package func finalize(_ task: TaskPointer) {
    _ = pointee.kernel.pointee.finalize(own(task).pointee.kernel)
  }

  /// The VM's end. No other task may run.
  package func tearDown(_ task: TaskPointer) {
    pointee.state.pointee.isEnding = true
    pointee.kernel.pointee.vm_destroy(own(task).pointee.kernel)
    pointee.state.pointee.mirrorRoot = 0
    if !task.isHalted { pointee.td.pointee.tearDown(task) }
  }

  /// The valid direct root, 0 for none.
  package var directRoot: UInt32 {
    var roots = InlineArray<32, stress_root>(repeating: stress_root())
    var span = roots.mutableSpan
    return span.withUnsafeMutableBufferPointer { roots in
      let count = pointee.kernel.pointee.roots(
        pointee.state.pointee.world, roots.baseAddress, UInt32(roots.count))
      let valid = roots.prefix(Int(count)).first { !$0.is_mirror && !$0.is_invalid }
      return valid.map { pointee.machine.pointee.arena.index(of: $0.table) } ?? 0
    }
  }

  /// Hands the kernel's statistics to the checkers: those of all tasks stand with the first.
  /// - Returns: false if the kernel counts no page tables.
  package func reportStatistics() -> Bool {
    var statistics = stress_statistics()
    pointee.kernel.pointee.statistics(pointee.state.pointee.world, &statistics)
    let task = pointee.machine.pointee.tasks[0]
    task.pointee.pageStatistics[1] = statistics.pages.0
    task.pointee.pageStatistics[2] = statistics.pages.1
    task.pointee.pageStatistics[3] = statistics.pages.2
    task.pointee.tableStatistics = max(statistics.tables, 0)
    return statistics.tables >= 0
  }

  /// `kvm->stat.nx_lpage_splits`
  package var possibleNxHugePages: Int64 {
    var statistics = stress_statistics()
    pointee.kernel.pointee.statistics(pointee.state.pointee.world, &statistics)
    return Int64(truncatingIfNeeded: statistics.nx_splits)
  }
}
