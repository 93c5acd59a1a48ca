/// A world at rest, kept so that each execution can start from it.
///
/// Two moments are kept: the world as it was made, before any table was taken, and the one of the last `take`. To go
/// back undoes what was written since and allocates nothing. Counters of what a run has met and checked go on: they
/// stand in memory that no part of a snapshot covers. No task may run meanwhile.
import Glibc

package final class Snapshot {
  private struct Part {
    let memory: UnsafeMutableRawPointer
    let byteCount: Int
    let made: UnsafeMutableRawPointer
    let taken: UnsafeMutableRawPointer
    /// How many of the bytes are in use; nil for all. What lies behind them is set by whoever takes it into use.
    let used: UnsafePointer<Int>?
    var takenBytes: Int
    /// Offsets that are no part of the world's state: nothing that is checked or decided depends on them.
    var beside: [Range<Int>] = []
    var isState = true
  }

  private let machine: MachinePointer
  private var parts: [Part] = []
  private var journals: [JournalPointer] = []
  private var tellers: [(inout StateHash) -> Void] = []
  private var pages: SavedPages

  /// A snapshot of a machine whose tasks have taken no table yet. What stands on the machine registers itself, see
  /// `register(in:)` of the subject and of the checkers.
  package init(of machine: MachinePointer) {
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
  /// - Parameter beside: offsets, in order, whose words are no part of the state, see `StateHash`. Whole words.
  package func add(_ memory: UnsafeMutableRawPointer, byteCount: Int, beside: [Range<Int>] = []) {
    func copy() -> UnsafeMutableRawPointer {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
      copy.copyMemory(from: memory, byteCount: byteCount)
      return copy
    }
    parts.append(
      Part(
        memory: memory, byteCount: byteCount, made: copy(), taken: copy(), used: nil, takenBytes: byteCount,
        beside: beside))
  }

  /// Adds memory of which the first `used` bytes are in use, at most `byteCount`. When the world was made none were.
  /// - Parameter isState: it is part of the state as it is; else somebody tells what of it is.
  package func add(
    _ memory: UnsafeMutableRawPointer, byteCount: Int, used: UnsafePointer<Int>, isState: Bool = true
  ) {
    let made = UnsafeMutableRawPointer.allocate(byteCount: 0, alignment: 16)
    let taken = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    parts.append(
      Part(
        memory: memory, byteCount: byteCount, made: made, taken: taken, used: used, takenBytes: 0,
        isState: isState))
  }

  /// Adds `count` plain values.
  package func add<Value: BitwiseCopyable>(_ values: UnsafeMutablePointer<Value>, count: Int = 1) {
    add(values, byteCount: count * MemoryLayout<Value>.stride)
  }

  /// Adds the words whose changes the journal hears of, and turns it on.
  package func add(_ journal: JournalPointer) {
    journal.pointee.start()
    journals.append(journal)
  }

  /// Adds what no part covers of what the world remembers: told when its state is asked for.
  package func add(telling teller: @escaping (inout StateHash) -> Void) { tellers.append(teller) }

  /// Adds to `hash` all that is not as it was when `take` was called last.
  package func tell(_ hash: inout StateHash) {
    for part in parts where part.isState {
      var first = 0
      for range in part.beside {
        hash.add(changesOf: part.memory + first, since: part.taken + first, byteCount: range.lowerBound - first)
        first = range.upperBound
      }
      hash.add(changesOf: part.memory + first, since: part.taken + first, byteCount: part.takenBytes - first)
      if let used = part.used, used.pointee > part.takenBytes {
        hash.add(all: part.memory + part.takenBytes, byteCount: min(used.pointee, part.byteCount) - part.takenBytes)
      }
    }
    for journal in journals { journal.pointee.tell(&hash) }
    pages.tell(&hash)
    for teller in tellers { teller(&hash) }
  }

  /// Keeps the world as it is. The events so far are read and forgotten.
  package func take() {
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
  package func restore() {
    for part in parts { memcpy(part.memory, part.taken, part.takenBytes) }
    for journal in journals { journal.pointee.restore() }
    pages.restore()
    machine.pointee.reports.reset()
  }

  /// The world as it was made: no VM, no table in use. The next VM gets the tables that the first one got.
  package func reset() {
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
    // When an operation began, and how often a task had nothing to do, are for the watchdog alone.
    snapshot.add(
      published, byteCount: taskCount * Self.line,
      beside: (0..<taskCount).flatMap { id in
        [Task.Published.operationStart, .relaxes].map { word in
          let offset = id * Self.line + word.rawValue * 8
          return offset..<offset + 8
        }
      })
    snapshot.add(arena.lock)
    let own = self
    snapshot.add(telling: { own.tellStatistics(&$0) })
    for id in 0..<taskCount { tasks[id].register(in: snapshot) }
  }
}

extension Machine {
  /// Of counters that each task has a part of only the sums mean something.
  fileprivate func tellStatistics(_ hash: inout StateHash) {
    for level in 0...Spte.maxLevel {
      let pages = (0..<taskCount).reduce(0 as Int64) { $0 &+ tasks[$1].pointee.pageStatistics[level] }
      hash.add(1 << 41 + UInt(level), UInt64(bitPattern: pages))
    }
    let tables = (0..<taskCount).reduce(0 as Int64) { $0 &+ tasks[$1].pointee.tableStatistics }
    let live = (0..<taskCount).reduce(0) { $0 &+ tasks[$1].pointee.liveTables }
    hash.add(1 << 42, UInt64(bitPattern: tables))
    hash.add(1 << 42 + 1, UInt64(bitPattern: Int64(live)))
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  fileprivate func register(in snapshot: Snapshot) {
    snapshot.add(self, byteCount: Task.restoredBytes, beside: Task.beside)
    let bytes = (Spte.maxLevel + 1) * MemoryLayout<Int64>.stride
    snapshot.add(pointee.pageStatistics, byteCount: bytes, beside: [0..<bytes])
    snapshot.add(pointee.pageCache, count: PageArena.batch)
    snapshot.add(pointee.freedCache, count: PageArena.batch)
  }
}
