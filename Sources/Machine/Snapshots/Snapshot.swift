/// A world at rest, kept so that each execution can start from it.
///
/// Two moments are kept: the world as it was made, before any table was taken, and the one of the last `take`. To go
/// back undoes what was written since and allocates nothing. Counters of what a run has met and checked go on: they
/// stand in memory that no part of a snapshot covers. No task may run meanwhile.
import Glibc

public final class Snapshot {
  private struct Part {
    let memory: UnsafeMutableRawPointer
    let byteCount: Int
    let made: UnsafeMutableRawPointer
    let taken: UnsafeMutableRawPointer
    /// How many of the bytes are in use; nil for all. What lies behind them is set by whoever takes it into use.
    let used: UnsafePointer<Int>?
    var takenBytes: Int
  }

  private let machine: MachinePointer
  private var parts: [Part] = []
  private var journals: [JournalPointer] = []
  private var pages: SavedPages

  /// A snapshot of a machine whose tasks have taken no table yet. What stands on the machine registers itself, see
  /// `register(in:)` of the subject and of the checkers.
  public init(of machine: MachinePointer) {
    self.machine = machine
    pages = SavedPages(of: machine.pointee.arena)
    machine.pointee.marksWrites = true
    machine.pointee.register(in: self)
  }

  deinit {
    for part in parts {
      part.made.deallocate()
      part.taken.deallocate()
    }
    pages.deallocate()
  }

  /// Adds memory that holds plain values only: nothing that counts references. As it is, it is what `reset` goes back
  /// to.
  public func add(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    func copy() -> UnsafeMutableRawPointer {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
      copy.copyMemory(from: memory, byteCount: byteCount)
      return copy
    }
    parts.append(
      Part(
        memory: memory, byteCount: byteCount, made: copy(), taken: copy(), used: nil, takenBytes: byteCount))
  }

  /// Adds memory of which the first `used` bytes are in use, at most `byteCount`. When the world was made none were.
  public func add(_ memory: UnsafeMutableRawPointer, byteCount: Int, used: UnsafePointer<Int>) {
    let made = UnsafeMutableRawPointer.allocate(byteCount: 0, alignment: 16)
    let taken = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    parts.append(
      Part(memory: memory, byteCount: byteCount, made: made, taken: taken, used: used, takenBytes: 0))
  }

  /// Adds `count` plain values.
  public func add<Value: BitwiseCopyable>(_ values: UnsafeMutablePointer<Value>, count: Int = 1) {
    add(values, byteCount: count * MemoryLayout<Value>.stride)
  }

  /// Adds the words whose changes the journal hears of, and turns it on.
  public func add(_ journal: JournalPointer) {
    journal.pointee.start()
    journals.append(journal)
  }

  /// Keeps the world as it is. The events so far are read and forgotten.
  public func take() {
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      task.drain()
      task.pointee.head = 0
      task.pointee.drained = 0
    }
    for index in parts.indices {
      let part = parts[index]
      if let used = part.used { parts[index].takenBytes = min(used.pointee, part.byteCount) }
      memcpy(part.taken, part.memory, parts[index].takenBytes)
    }
    for journal in journals { journal.pointee.take() }
    pages.take()
  }

  /// The world as it was when `take` was called last, whatever happened since, with nothing reported.
  public func restore() {
    for part in parts { memcpy(part.memory, part.taken, part.takenBytes) }
    for journal in journals { journal.pointee.restore() }
    pages.restore()
    machine.pointee.reports.reset()
  }

  /// The world as it was made: no VM, no table in use. The next VM gets the tables that the first one got.
  public func reset() {
    for index in parts.indices {
      let part = parts[index]
      if part.used != nil {
        parts[index].takenBytes = 0
        continue
      }
      memcpy(part.memory, part.made, part.byteCount)
      memcpy(part.taken, part.made, part.byteCount)
    }
    for journal in journals { journal.pointee.reset() }
    pages.reset()
    machine.pointee.reports.reset()
  }
}

extension Machine {
  /// What tasks change of a machine: its words, theirs, and the arena's counters, which the snapshot has by itself.
  func register(in snapshot: Snapshot) {
    snapshot.add(words, byteCount: Self.wordLines * Self.line)
    snapshot.add(published, byteCount: taskCount * Self.line)
    snapshot.add(arena.lock)
    for id in 0..<taskCount { tasks[id].register(in: snapshot) }
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  fileprivate func register(in snapshot: Snapshot) {
    snapshot.add(self, byteCount: Task.restoredBytes)
    snapshot.add(pointee.pageStatistics, count: Spte.maxLevel + 1)
    snapshot.add(pointee.pageCache, count: PageArena.batch)
    snapshot.add(pointee.freedCache, count: PageArena.batch)
  }
}
