/// A machine with all checkers on, and short words for the events that a task of it writes by hand.
import Checkers
import Machine
import Testing

/// One SPTE as events name it.
struct Entry {
  var index: UInt32 = 5 * 512 + 7
  var gfn: Gfn = 7
  var level = 1
  var root = PageHeader.Kind.mirror

  static let mirrorLeaf = Entry()
  static let otherMirrorLeaf = Entry(index: 5 * 512 + 8, gfn: 8)
  static let mirrorTable = Entry(index: 6 * 512, gfn: 0, level: 2)
  static let directLeaf = Entry(index: 9 * 512 + 7, gfn: 7, root: .direct)
  static let directTable = Entry(index: 10 * 512, gfn: 0, level: 2, root: .direct)
}

/// Values that SPTEs hold.
enum Value {
  static let empty = Spte.nonpresent
  static let frozen = Spte.frozen

  static func leaf(_ pfn: UInt64, level: Int = 1) -> UInt64 {
    Spte.mmuPresent | Spte.rwx | Spte.accessed | Spte.dirty | (level > 1 ? Spte.pageSize : 0) | (pfn << 12)
  }

  static func table(_ page: UInt32) -> UInt64 {
    Spte.mmuPresent | Spte.rwx | Spte.accessed | (PageArena.pfn(page) << 12)
  }
}

final class Bench {
  let machine: MachinePointer
  let suite: CheckerSuitePointer
  static let guestPages: UInt64 = 8 << 18

  init(tasks: Int = 2, mergesPrivate: Bool = false) throws {
    machine = try #require(Machine.create(tasks: tasks, capacity: 4096))
    suite = CheckerSuite.install(on: machine, guestPages: Self.guestPages, mergesPrivate: mergesPrivate)
  }

  deinit {
    CheckerSuite.remove(suite)
    Machine.destroy(machine)
  }

  var task: TaskPointer { machine.pointee.tasks[0] }
  var other: TaskPointer { machine.pointee.tasks[1] }

  /// What the checkers found, nil for nothing.
  var found: CheckerID? { machine.pointee.reports.violation?.checker }

  // MARK: Events

  func write(
    _ kind: Event.Kind, _ entry: Entry, _ old: UInt64, _ new: UInt64, by task: TaskPointer? = nil
  ) {
    (task ?? self.task).emit(
      kind, gfn: entry.gfn, old: old, new: new, entry: entry.index, level: entry.level, root: entry.root)
  }

  func freeze(_ entry: Entry, _ old: UInt64 = Value.empty) { write(.cmpxchg, entry, old, Value.frozen) }

  func thaw(_ entry: Entry, _ new: UInt64) { write(.store, entry, Value.frozen, new) }

  func call(_ call: Seamcall, _ entry: Entry = .mirrorLeaf, _ status: TdxStatus = .success) {
    task.emit(
      .seamcall, gfn: entry.gfn, old: UInt64(status.rawValue), level: entry.level, root: .external,
      flags: call.rawValue)
  }

  /// A section under mmu_lock held for read, as events tell of it. Drained at its end.
  func shared(_ body: () -> Void) {
    task.emit(.readLock)
    body()
    task.emit(.readUnlock)
    end()
  }

  /// A section under mmu_lock held for write.
  func exclusive(_ body: () -> Void) {
    task.emit(.writeLock)
    body()
    task.emit(.writeUnlock)
    end()
  }

  /// The other task unlinks the table of gfns 512 to 1023 from the direct root, as NX recovery does: under the shared
  /// lock, or under the exclusive one, as up to Linux 6.17.
  func removeTable(epoch: UInt64, during operation: Operation = .nxRecover, isExclusive: Bool = false) {
    other.pointee.currentOperation = operation
    other.emit(isExclusive ? .writeLock : .readLock, new: epoch)
    write(
      isExclusive ? .store : .cmpxchg, Entry(index: 10 * 512 + 1, gfn: 512, level: 2, root: .direct), Value.table(9),
      Value.empty, by: other)
    other.emit(isExclusive ? .writeUnlock : .readUnlock)
    other.emit(.operationEnd)
    other.drain()
  }

  /// The end of an operation.
  func end() {
    task.emit(.operationEnd)
    task.drain()
  }
}
