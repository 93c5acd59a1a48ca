/// One thread of execution of the simulated machine: a vCPU thread or a fiber, and everything that it alone writes.
///
/// A task is a plain struct behind a pointer: the hot paths touch it without reference counts, existentials or
/// exclusivity checks. Fields that other threads read stand in `published`, in a cache line of their own.
import CAtomics

@usableFromInline package typealias TaskPointer = UnsafeMutablePointer<Task>

@usableFromInline package struct Task: BitwiseCopyable {
  @usableFromInline package enum LockMode: UInt8, Sendable, BitwiseCopyable { case none, read, write }

  /// Words of `published`, each written by the task with a release store and read by anyone.
  @usableFromInline package enum Published: Int, Sendable {
    /// RCU epoch at which the task entered its read section, 0 outside.
    case rcuEpoch
    case operationsCompleted
    /// `Waiting` in the high byte, the gfn or word it waits for below.
    case waiting
    /// The operation in the high byte, its gfn below; 0 between operations.
    case operation
    /// Cycle count when the operation began.
    case operationStart
    /// Times the task found nothing to do but wait or retry, ever.
    case relaxes
    /// TD epoch the task's vCPU runs in, 0 outside the guest.
    case guestEpoch
  }

  @usableFromInline package enum Waiting: UInt64, Sendable {
    case nothing, mmuLockRead, mmuLockWrite, readersToLeave, pagesLock, frozenSpte, guestExit, faultRetry, busySeamcall
    case septLock, slotsLock
  }

  /// First field: the C primitives take its address.
  package var point = schedule_point()
  @usableFromInline package let id: Int
  @usableFromInline package let machine: MachinePointer
  @usableFromInline package let published: UnsafeMutablePointer<UInt64>

  /// The scheduler whose fiber this task is; nil under the thread backend.
  @usableFromInline package internal(set) var fibers: FiberSchedulerPointer?

  // What lockdep would know.
  @usableFromInline package var lockMode = LockMode.none
  package var pagesLockHeld = false
  package var septLockHeld = false
  package var slotsLockHeld = false
  @usableFromInline package var rcuDepth = 0

  // The event ring. `head` counts events ever written, `drained` those the checkers have read.
  @usableFromInline package let events: UnsafeMutablePointer<Event>
  @usableFromInline package static let eventCapacity = 256
  @usableFromInline package var head = 0
  @usableFromInline package var drained = 0

  /// By `Coverage.rawValue`.
  @usableFromInline package let coverage: UnsafeMutablePointer<UInt64>
  /// By `Operation.rawValue * Outcome.allCases.count + Outcome.rawValue`.
  package let outcomes: UnsafeMutablePointer<UInt64>
  /// Leaf pages that this task added less those it removed, by level; a stripe of `kvm->stat.pages`.
  package let pageStatistics: UnsafeMutablePointer<Int64>
  /// The same for linked page tables.
  package var tableStatistics: Int64 = 0

  // Page caches: free pages to take from, freed ones on their way to the arena, and tables that wait for readers.
  let pageCache: UnsafeMutablePointer<UInt32>
  var pageCacheCount = 0
  let freedCache: UnsafeMutablePointer<UInt32>
  var freedCacheCount = 0
  var deferredHead: UInt32 = 0
  var deferredTail: UInt32 = 0
  package internal(set) var deferredCount = 0
  /// Tables taken from the arena less those given back.
  package var liveTables = 0

  // Seeded decisions, one stream a purpose.
  package var faultDraws = SplitMix64(state: 0)
  package var pauseDraws = SplitMix64(state: 0)
  @usableFromInline package var reschedDraws = SplitMix64(state: 0)
  /// Off while the harness itself uses the task.
  @usableFromInline package var mayResched = false
  /// A SEAMCALL answers an injected BUSY if the next 32 bits drawn are below this.
  package var busyThreshold: UInt64 = 0
  /// An injected BUSY lasts until the task leaves mmu_lock: the contention that zero-step mitigation makes does too.
  package var busyHeld = false
  /// Mean weighted points between two pauses, 0 for none.
  package var pauseMean: UInt64 = 0
  @usableFromInline var relaxStreak: UInt32 = 0

  // The entry that the task has read last, and what it held.
  @usableFromInline var seenEntry: UInt = 0
  @usableFromInline var seenSpte: UInt64 = 0

  // What the current operation is and covers, set by the engine; the checkers look at that range when mmu_lock is taken
  // or dropped for write.
  package var currentOperation = Operation.fault
  package var rangeStart: Gfn = 0
  package var rangeEnd: Gfn = 0
  /// Which memory the operation unmaps over its range: what must be gone when it drops mmu_lock for the last time.
  package enum Zapping: UInt8, Sendable, BitwiseCopyable { case nothing, privateMemory, sharedMemory }
  package var zapping = Zapping.nothing
  /// Set while `Machine.exclusiveSection` is called at the end of a write section, not at its beginning.
  package var isLeaving = false
  /// mmu_lock is being dropped to be taken again: the operation goes on.
  package var isYielding = false
  /// `MmuLock.epoch` at the operation's first and last write acquisition and last read acquisition; 0 for none.
  package var firstWriteEpoch: UInt64 = 0
  package var lastWriteEpoch: UInt64 = 0
  package var lastReadEpoch: UInt64 = 0
  /// `MmuLock.epoch` at the moment of a fault's last lookup, see `noteLookup()`.
  package var lookupEpoch: UInt64 = 0
  /// Set by the operation's steps, read when it ends: what made it retry, yield or lose.
  package var sawRetry = false
  package var sawYield = false

  // How often the rules that are checked where they apply were: lock assertions, bug conditions, frees of tables,
  // translations that a processor has used, audits, TLB flushes that came to be owed. These go on counting when a
  // snapshot is restored, and so does any field after them; all fields before them go back.
  @usableFromInline package var lockAssertions: UInt64 = 0
  @usableFromInline package var bugConditions: UInt64 = 0
  package var tableFrees: UInt64 = 0
  package var translations: UInt64 = 0
  package var audits: UInt64 = 0
  package var flushDebts: UInt64 = 0

  /// How much of a task a snapshot puts back. It is copied as bytes: a task must stay free of references.
  static var restoredBytes: Int {
    guard let bytes = MemoryLayout<Task>.offset(of: \.lockAssertions) else { preconditionFailure("a stored field") }
    return bytes
  }

  /// Of its schedule point, which counts them.
  static var countdown: Range<Int> { 0..<8 }

  /// Whole words that are no part of a state: how many points there were, how many events that are read, and this
  /// task's part of counters of which only the sums mean something.
  static var beside: [Range<Int>] {
    func word(_ field: PartialKeyPath<Task>) -> Range<Int> {
      guard let offset = MemoryLayout<Task>.offset(of: field) else { preconditionFailure("a stored field") }
      return offset..<offset + 8
    }
    return [0..<8, word(\.head), word(\.drained), word(\.tableStatistics), word(\.liveTables)]
  }

  init(id: Int, machine: MachinePointer, published: UnsafeMutablePointer<UInt64>) {
    func zeroed<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
      memory.initialize(repeating: value, count: count)
      return memory
    }
    self.id = id
    self.machine = machine
    self.published = published
    events = UnsafeMutablePointer<Event>.allocate(capacity: Self.eventCapacity)
    events.initialize(
      repeating: Event(
        stamp: 0, gfn: 0, old: 0, new: 0, entry: 0, kind: .operationEnd, level: 0, root: .none, flags: 0),
      count: Self.eventCapacity)
    coverage = zeroed(Coverage.allCases.count, 0)
    outcomes = zeroed(Operation.allCases.count * Outcome.allCases.count, 0)
    pageStatistics = zeroed(Spte.maxLevel + 1, 0)
    pageCache = zeroed(PageArena.batch, 0)
    freedCache = zeroed(PageArena.batch, 0)
  }

  /// Statistics of a VM that was torn down are void.
  package mutating func resetStatistics() {
    pageStatistics.update(repeating: 0, count: Spte.maxLevel + 1)
    tableStatistics = 0
  }

  func deallocate() {
    events.deallocate()
    coverage.deallocate()
    outcomes.deallocate()
    pageStatistics.deallocate()
    pageCache.deallocate()
    freedCache.deallocate()
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// The task's schedule point, for CAtomics.
  @inlinable @inline(__always) package var point: UnsafeMutablePointer<schedule_point> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: schedule_point.self)
  }

  @inlinable @inline(__always) package func publish(_ word: Task.Published, _ value: UInt64) {
    raw_store64(pointee.published + word.rawValue, value)
  }

  @inlinable @inline(__always) package func published(_ word: Task.Published) -> UInt64 {
    raw_load64(pointee.published + word.rawValue)
  }

  @inlinable @inline(__always) package func count(_ coverage: Coverage) {
    pointee.coverage[Int(coverage.rawValue)] &+= 1
  }

  /// True once a violation or a stop request ended the run: loops that wait for others give up.
  @inlinable @inline(__always) package var isHalted: Bool { raw_load32(pointee.machine.pointee.haltWord) != 0 }

  /// Says what the task waits for while it waits; the watchdog reads it.
  @inlinable package func beginWaiting(_ waiting: Task.Waiting, _ gfn: Gfn = 0) {
    publish(.waiting, waiting.rawValue << 56 | (gfn & (1 << 56 - 1)))
  }

  @inlinable package func endWaiting() { publish(.waiting, 0) }

  /// `cpu_relax()` in a loop that waits for another task's write to `address`.
  /// - Returns: false if the run is over and the loop should be left.
  @inlinable package func relax(_ address: UnsafeRawPointer) -> Bool {
    cpu_relax(point, address)
    return !isHalted
  }

  /// Waits until another task calls `wake` for the same word. The caller looks again whether its wait is over.
  /// - Returns: false if the run is over and the loop should be left.
  @inlinable package func sleep(on word: UnsafeRawPointer) -> Bool {
    guard let fibers = pointee.fibers else { return relax(word) }
    fibers.block(pointee.id, on: word)
    return !isHalted
  }

  /// What `word` said has changed: tasks that sleep on it look again.
  @inlinable package func wake(_ word: UnsafeRawPointer) { pointee.fibers?.wake(word) }

  /// `need_resched()`: drawn, so that walks yield as often without load as with it.
  @inlinable package func needResched() -> Bool {
    guard pointee.mayResched else { return false }
    if let fibers = pointee.fibers { return fibers.ask(pointee.id, .resched) }
    return pointee.reschedDraws.next() & 255 == 0
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// What checkers ask a task about its operation, as the next one begins.
  @inline(__always) package func begin(_ request: Request) {
    pointee.currentOperation = request.operation
    // An invalidation is about everything: the barrier looks at that.
    let looksAtRange = request.operation != .invalidate
    pointee.rangeStart = looksAtRange ? request.range.lowerBound : 0
    pointee.rangeEnd = looksAtRange ? request.range.upperBound : 0
    pointee.zapping = .nothing
    pointee.firstWriteEpoch = 0
    pointee.sawRetry = false
    pointee.sawYield = false
  }
}
