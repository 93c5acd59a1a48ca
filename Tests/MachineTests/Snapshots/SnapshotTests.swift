/// A machine put back to what it was: its tables, its pages' order, its tasks; and what goes on counting.
import CAtomics
import Machine
import Testing

@Suite struct SnapshotTests {
  private func entries(_ machine: MachinePointer, _ page: UInt32) -> [UInt64] {
    (0..<Spte.entriesPerTable).map { machine.table(page)[$0] }
  }

  @Test func `each way to write an entry of a table in use is undone`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let snapshot = Snapshot(of: machine)
    let page = task.linkedTable()
    for index in 0..<Spte.entriesPerTable { task.writeSpte(machine.table(page) + index, UInt64(index) << 12) }
    snapshot.take()
    let before = entries(machine, page)
    let writes: [(SptePointer) -> Void] = [
      { task.writeSpte($0, 77) },
      { _ = task.xchgSpte($0, 77) },
      { _ = task.fetchAndSpte($0, 0) },
      {
        var old = raw_load64($0)
        _ = task.tryCmpxchgSpte($0, &old, 77)
      },
    ]
    for (number, write) in writes.enumerated() {
      for index in [3, 130, 511] {
        write(machine.table(page) + index)
        #expect(machine.table(page)[index] != before[index], "write \(number) of entry \(index)")
        snapshot.restore()
        #expect(entries(machine, page) == before, "write \(number) of entry \(index)")
      }
    }
  }

  @Test func `an entry of the S-EPT is undone once it is marked`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let snapshot = Snapshot(of: machine)
    let page = task.allocateTable(kind: .external, level: 1, gfn: 0, fill: SeptEntry.free)
    snapshot.take()
    raw_store64(machine.table(page) + 9, 5)
    task.markWritten(machine.table(page) + 9)
    snapshot.restore()
    #expect(machine.table(page)[9] == SeptEntry.free)
    for index in 0..<Spte.entriesPerTable { raw_store64(machine.table(page) + index, 6) }
    task.markWritten(all: page)
    snapshot.restore()
    #expect(entries(machine, page).allSatisfy { $0 == SeptEntry.free })
  }

  @Test func `a table that was freed and used again is as it was`() throws {
    // One page to be had, so that the second table is the first one's.
    let machine = try MachinePointer.make(tasks: 1, capacity: 2)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let snapshot = Snapshot(of: machine)
    let page = task.linkedTable(kind: .mirror, level: 2, gfn: 1 << 18)
    task.writeSpte(machine.table(page) + 8, 77)
    snapshot.take()
    let before = entries(machine, page)
    for _ in 0..<3 {
      task.freeTable(page)
      task.flushFreed()
      #expect(task.allocateTable(kind: .external, level: 1, gfn: 5, fill: 0) == page)
      snapshot.restore()
      let header = machine.header(page).pointee
      #expect(header.kind == .mirror && header.level == 2 && header.gfn == 1 << 18 && header.state == .linked)
      #expect(entries(machine, page) == before)
      #expect(task.pointee.liveTables == 1)
    }
    #expect(machine.broken == nil)
  }

  @Test func `a table taken since is free again, and the next one taken is the same`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let snapshot = Snapshot(of: machine)
    _ = machine.task(0).linkedTable()
    snapshot.take()
    var taken: [[UInt32]] = []
    for _ in 0..<2 {
      taken.append((0..<40).map { machine.task($0 & 1).linkedTable(gfn: UInt64($0)) })
      snapshot.restore()
      #expect(taken[0].allSatisfy { machine.header($0).pointee.state == .free })
    }
    #expect(taken[0] == taken[1])
    #expect(machine.broken == nil)
  }

  @Test func `pages are used again in the order that they would have been, around the end of the ring too`() throws {
    // More pages than may rest, so that freed ones are handed out again; the ring's end is met on the way.
    let machine = try MachinePointer.make(tasks: 1, capacity: 600)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let snapshot = Snapshot(of: machine)
    for _ in 0..<1000 { task.freeTable(task.linkedTable(kind: .external)) }
    snapshot.take()
    var orders: [[UInt32]] = []
    for _ in 0..<3 {
      orders.append(
        (0..<700).map { _ in
          let page = task.linkedTable(kind: .external)
          task.freeTable(page)
          return page
        })
      snapshot.restore()
    }
    #expect(Set(orders[0]).count > 500)
    #expect(orders[0] == orders[1] && orders[1] == orders[2])
    #expect(machine.broken == nil)
  }

  @Test func `locks, epochs, draws and statistics go back, counts of what was met and checked go on`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let snapshot = Snapshot(of: machine)
    task.pointee.faultDraws = SplitMix64(state: 5)
    task.pointee.pageStatistics[2] = 9
    snapshot.take()
    let epoch = machine.pointee.mmuLock.pointee.epoch
    var expected = SplitMix64(state: 5)
    let draw = expected.next()
    for round in UInt64(1)...3 {
      #expect(task.pointee.faultDraws.next() == draw)
      task.writeLock()
      task.lockdepAssertHeldWrite()
      task.bugOn(false, "never")
      task.count(.metFrozen)
      task.pointee.outcomes[0] += 1
      task.pointee.pageStatistics[2] += 1
      task.pointee.tableStatistics += 1
      task.pointee.rangeStart = 7
      task.freeTable(task.allocateTable(kind: .external, level: 1, gfn: 0, fill: 0))
      snapshot.restore()
      #expect(task.pointee.lockMode == .none)
      #expect(machine.pointee.mmuLock.pointee.epoch == epoch && machine.pointee.mmuLock.pointee.owner == -1)
      #expect(task.pointee.pageStatistics[2] == 9 && task.pointee.tableStatistics == 0)
      #expect(task.pointee.rangeStart == 0)
      #expect(task.pointee.lockAssertions == round && task.pointee.bugConditions == round)
      #expect(task.pointee.tableFrees == round)
      #expect(task.coverage(.metFrozen) == round && task.pointee.outcomes[0] == round)
    }
    // Nobody holds the lock that was never dropped.
    machine.task(1).writeLock()
    machine.task(1).writeUnlock()
    #expect(machine.broken == nil)
  }

  @Test func `findings and a halt are forgotten`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let snapshot = Snapshot(of: machine)
    snapshot.take()
    machine.task(0).violation(.map1, gfn: 0, level: 0, expected: "", seen: "")
    machine.pointee.reports.add(harnessFault: "one")
    #expect(machine.task(0).isHalted)
    snapshot.restore()
    #expect(!machine.task(0).isHalted)
    #expect(machine.broken == nil && machine.pointee.reports.harnessFault == nil)
  }

  @Test func `events from before are read when it is taken, events from since are gone when it is restored`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let snapshot = Snapshot(of: machine)
    task.emit(.readLock)
    snapshot.take()
    #expect(task.unread.isEmpty && task.pointee.head == 0)
    for _ in 0..<(Task.eventCapacity + 3) { task.emit(.writeLock) }
    snapshot.restore()
    #expect(task.unread.isEmpty && task.pointee.head == 0)
  }

  @Test func `memory that was added goes back to what it held when taken, and on reset to what it held when added`()
    throws
  {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 3)
    defer { words.deallocate() }
    words.initialize(repeating: 1, count: 3)
    let snapshot = Snapshot(of: machine)
    snapshot.add(words, count: 2)
    words.update(repeating: 2, count: 3)
    snapshot.take()
    words.update(repeating: 3, count: 3)
    snapshot.restore()
    #expect((0..<3).map { words[$0] } == [2, 2, 3])
    snapshot.reset()
    #expect((0..<3).map { words[$0] } == [1, 1, 3])
    words.update(repeating: 4, count: 3)
    snapshot.restore()
    #expect((0..<3).map { words[$0] } == [1, 1, 4])
  }

  @Test func `after a reset the first table is the first one again`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let snapshot = Snapshot(of: machine)
    var firsts: [[UInt32]] = []
    for round in 0..<3 {
      let pages = (0..<50).map { _ in machine.task(1).linkedTable(kind: .external) }
      firsts.append(pages)
      if round == 1 { snapshot.take() }
      for page in pages.dropLast(10) { machine.task(0).freeTable(page) }
      snapshot.reset()
      #expect(pages.allSatisfy { machine.header($0).pointee.state == .free })
      #expect(machine.task(0).pointee.liveTables == 0 && machine.task(1).pointee.liveTables == 0)
    }
    #expect(firsts[0] == firsts[1] && firsts[1] == firsts[2])
    #expect(machine.broken == nil)
  }

  @Test func `a journal puts back the words that it heard of, the oldest value last`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let journal = Journal.create()
    defer { Journal.destroy(journal) }
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 200)
    defer { words.deallocate() }
    words.initialize(repeating: 0, count: 200)
    func set(_ index: Int, _ value: UInt32) {
      journal.note(words + index, old: words[index])
      words[index] = value
    }
    set(0, 1)
    let snapshot = Snapshot(of: machine)
    snapshot.add(journal)
    set(0, 2)
    snapshot.take()
    for round in 0..<3 {
      for index in 0..<200 { set(index, UInt32(round + 10)) }
      set(0, 99)
      snapshot.restore()
      #expect((0..<200).map { words[$0] } == [2] + Array(repeating: 0, count: 199))
    }
    // Turned on when the word was 1.
    snapshot.reset()
    #expect(words[0] == 1)
    set(0, 5)
    journal.pointee.forget()
    snapshot.restore()
    #expect(words[0] == 5)
  }

  @Test func `lines that were not written since the table was filled are known`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    #expect(machine.pointee.linesInUse(task.linkedTable()) == .max)
    let marked = try MachinePointer.make()
    defer { Machine.destroy(marked) }
    let snapshot = Snapshot(of: marked)
    let page = marked.task(0).linkedTable()
    #expect(marked.pointee.linesInUse(page) == 0)
    marked.task(0).writeSpte(marked.table(page) + 17, 7)
    snapshot.take()
    _ = marked.task(0).xchgSpte(marked.table(page) + 511, Spte.frozen)
    #expect(marked.pointee.linesInUse(page) == UInt64(1 << 2) | UInt64(1) << 63)
    snapshot.restore()
    #expect(marked.pointee.linesInUse(page) == 1 << 2)
    marked.task(0).freeTable(page)
    #expect(marked.pointee.linesInUse(page) == .max)
  }
}
