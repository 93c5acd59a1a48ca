/// The world value: tables, locks, RCU and tasks of one simulated machine. All state hangs off it, none off globals, so
/// that several run side by side in one process.
import CAtomics

@usableFromInline package typealias MachinePointer = UnsafeMutablePointer<Machine>

@usableFromInline package struct Machine {
  /// Hands a task's unread events to the checkers; the argument is its TaskPointer.
  package typealias Drain = @convention(c) (UnsafeMutableRawPointer) -> Void

  /// The part of the arena that hot paths read: addresses only, constant for the machine's life.
  @usableFromInline package struct ArenaView {
    @usableFromInline package let base: UnsafeMutablePointer<UInt64>
    @usableFromInline package let headers: UnsafeMutablePointer<PageHeader>
    @usableFromInline package let marks: UnsafeMutablePointer<LineMarks>

    @inlinable @inline(__always) package func index(of entry: SptePointer) -> UInt32 {
      UInt32(truncatingIfNeeded: (UInt(bitPattern: entry) &- UInt(bitPattern: base)) >> 12)
    }
  }

  @usableFromInline package let arenaView: ArenaView
  package let arena: PageArena
  /// Behind a pointer of its own: reached in place, never copied.
  package let mmuLock: UnsafeMutablePointer<MmuLock>
  package let pagesLock: PagesLock
  /// Grows by one whenever a table is deferred; 0 is reserved for "not in a read section".
  @usableFromInline package let rcuEpoch: UnsafeMutablePointer<UInt64>
  /// Not 0 once the run is over.
  @usableFromInline package let haltWord: UnsafeMutablePointer<UInt32>
  package let tasks: UnsafeMutablePointer<TaskPointer>
  package let taskCount: Int
  package var drain: Drain = { _ in }
  /// Called when a task has just taken mmu_lock for write and when it is about to drop it, with mirror and S-EPT at
  /// rest over the range of its operation.
  package var exclusiveSection: Drain = { _ in }
  /// Runs the callback of a table whose grace period has ended; frees the table where there is none. Gets the task and
  /// the page.
  package typealias Release = @convention(c) (UnsafeMutableRawPointer, UInt32) -> Void
  package var release: Release?
  /// Called at a schedule point of a thread once its countdown is used up, and while it waits: a subject whose code
  /// looks at no halt leaves it here. Gets the task. The countdown is still below 1 unless the task waits.
  package var interrupt: Drain?
  /// The subject's own, for `release` and what follows.
  package var subject: UnsafeMutableRawPointer?
  /// What a subject that is compiled code calls the word at an address, nil for one without a name. Gets the machine.
  package typealias WordName = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> UnsafePointer<CChar>?
  package var wordName: WordName?
  /// Where in such a subject's code a task stands at its schedule point, nil outside of it. Gets the task.
  package typealias CodePlace = @convention(c) (UnsafeMutableRawPointer) -> UnsafeRawPointer?
  package var codePlace: CodePlace?
  /// Whether such a subject is known to have a race of a write with a read, and to live with it. Gets the machine,
  /// where the write and the read stand in the code, and the word's name.
  package typealias KnownRace =
    @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, UnsafeRawPointer, UnsafePointer<CChar>) -> Bool
  package var isKnownRace: KnownRace?
  /// For the engine's and the checkers' own state.
  package var context: UnsafeMutableRawPointer?
  package let reports: Reports
  /// The lines of tables that are written are marked. One thread runs all tasks.
  @usableFromInline package internal(set) var marksWrites = false
  let words: UnsafeMutableRawPointer
  let published: UnsafeMutableRawPointer

  static let line = 64
  static let wordLines = 4 + MmuLock.lines

  /// A machine with `tasks` tasks and room for `capacity` page tables.
  /// - Returns: nil if the address space cannot be had.
  package static func create(tasks count: Int, capacity: Int) -> MachinePointer? {
    guard let arena = PageArena(capacity: capacity) else { return nil }
    let machine = MachinePointer.allocate(capacity: 1)
    machine.initialize(to: Machine(tasks: count, arena: arena))
    for id in 0..<count {
      let task = TaskPointer.allocate(capacity: 1)
      let line = machine.pointee.published.advanced(by: id * line).bindMemory(to: UInt64.self, capacity: 8)
      task.initialize(to: Task(id: id, machine: machine, published: line))
      ThreadBackend.install(on: task)
      (machine.pointee.tasks + id).initialize(to: task)
    }
    return machine
  }

  init(tasks count: Int, arena: PageArena) {
    self.arena = arena
    arenaView = ArenaView(base: arena.base, headers: arena.headers, marks: arena.marks)
    taskCount = count
    tasks = UnsafeMutablePointer<TaskPointer>.allocate(capacity: count)
    published = UnsafeMutableRawPointer.allocate(byteCount: count * Self.line, alignment: Self.line)
    published.initializeMemory(as: UInt8.self, repeating: 0, count: count * Self.line)
    words = UnsafeMutableRawPointer.allocate(byteCount: Self.wordLines * Self.line, alignment: Self.line)
    words.initializeMemory(as: UInt8.self, repeating: 0, count: Self.wordLines * Self.line)
    haltWord = words.bindMemory(to: UInt32.self, capacity: 1)
    rcuEpoch = words.advanced(by: Self.line).bindMemory(to: UInt64.self, capacity: 1)
    rcuEpoch.pointee = 1
    pagesLock = PagesLock(word: words.advanced(by: 2 * Self.line).bindMemory(to: UInt32.self, capacity: 1))
    mmuLock = UnsafeMutablePointer<MmuLock>.allocate(capacity: 1)
    mmuLock.initialize(to: MmuLock(words: words.advanced(by: 4 * Self.line), tasks: count))
    reports = Reports()
  }

  /// Frees everything. No task may still run.
  package static func destroy(_ machine: MachinePointer) {
    for id in 0..<machine.pointee.taskCount {
      machine.pointee.tasks[id].pointee.deallocate()
      machine.pointee.tasks[id].deallocate()
    }
    machine.pointee.tasks.deallocate()
    machine.pointee.published.deallocate()
    machine.pointee.mmuLock.deallocate()
    machine.pointee.words.deallocate()
    machine.pointee.arena.unmap()
    machine.deinitialize(count: 1)
    machine.deallocate()
  }

  /// Ends the run: every loop that waits for another task gives up.
  package func halt() {
    raw_store32(haltWord, 1)
  }

  /// Readies a machine that was halted for the next run. No task may run.
  package func clearHalt() { raw_store32(haltWord, 0) }
}
