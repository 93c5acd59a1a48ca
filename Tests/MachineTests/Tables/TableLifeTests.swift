/// A table from the arena and back: filled, counted, freed once, poisoned.
import Machine
import Testing

@Suite struct TableLifeTests {
  @Test func `a new table is filled and says what it maps`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).allocateTable(kind: .mirror, level: 2, gfn: 1 << 18, fill: Spte.nonpresent)
    #expect(page != 0)
    #expect((0..<512).allSatisfy { machine.table(page)[$0] == Spte.nonpresent })
    let header = machine.header(page).pointee
    #expect(header.kind == .mirror)
    #expect(header.level == 2)
    #expect(header.gfn == 1 << 18)
    #expect(header.state == .allocated)
    #expect(header.externalPage == 0)
    let event = machine.task(0).unread.last
    #expect(event?.kind == .tableAllocated)
    #expect(event?.new == UInt64(page))
    #expect(event?.root == .mirror)
  }

  @Test func `a page that is used again starts with a new header`() throws {
    // One page to be had: the second table is the first one's.
    let machine = try MachinePointer.make(tasks: 1, capacity: 2)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let page = task.linkedTable(kind: .mirror, level: 3)
    machine.header(page).pointee.externalPage = 7
    machine.header(page).pointee.isInvalid = true
    task.freeTable(page)
    task.flushFreed()
    #expect(task.linkedTable(level: 1) == page)
    #expect(machine.header(page).pointee.externalPage == 0)
    #expect(!machine.header(page).pointee.isInvalid)
    #expect(machine.header(page).pointee.kind == .direct)
    #expect(machine.table(page)[511] == Spte.nonpresent)
  }

  @Test func `live tables are those taken less those given back, over all tasks`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let pages = (0..<5).map { _ in machine.task(0).linkedTable() }
    #expect(machine.task(0).pointee.liveTables == 5)
    // Another task frees two of them: its own count falls below 0, the sum is right.
    machine.task(1).freeTable(pages[0])
    machine.task(1).freeTable(pages[1])
    #expect(machine.task(0).pointee.liveTables == 5)
    #expect(machine.task(1).pointee.liveTables == -2)
  }

  @Test func `a table freed twice is RCU-1`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    machine.task(0).freeTable(page)
    #expect(machine.broken == nil)
    machine.task(1).freeTable(page)
    #expect(machine.broken == .rcu1)
    #expect(machine.pointee.reports.violation?.expected == "each table is freed once")
    #expect(machine.task(1).pointee.liveTables == 0)
  }

  @Test func `a use of a freed table is RCU-1, whatever the access`() throws {
    try expectFound { _ = $0.readSpte($1) }
    try expectFound { _ = $0.xchgSpte($1, Spte.nonpresent) }
    try expectFound { _ = $0.fetchAndSpte($1, ~Spte.accessed) }
    try expectFound { $0.writeSpte($1, Spte.nonpresent) }
    try expectFound {
      var old = Spte.nonpresent
      _ = $0.tryCmpxchgSpte($1, &old, Spte.frozen)
    }
  }

  private func expectFound(
    sourceLocation: SourceLocation = #_sourceLocation, _ access: (TaskPointer, SptePointer) -> Void
  ) throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable(level: 1, gfn: 512)
    access(machine.task(0), machine.table(page) + 3)
    #expect(machine.broken == nil, "found before it was freed", sourceLocation: sourceLocation)
    machine.table(page)[3] = Spte.nonpresent
    machine.task(0).freeTable(page)
    access(machine.task(1), machine.table(page) + 3)
    let violation = machine.pointee.reports.violation
    #expect(violation?.checker == .rcu1, sourceLocation: sourceLocation)
    #expect(violation?.task == 1, sourceLocation: sourceLocation)
    #expect(violation?.entry == page * 512, sourceLocation: sourceLocation)
    #expect(violation?.gfn == 512, sourceLocation: sourceLocation)
  }
}
