/// Grace periods: who keeps a deferred table alive, and who does not.
import Machine
import Testing

@Suite struct RcuTests {
  @Test func `a deferred table outlives the readers that were inside`() throws {
    let machine = try MachinePointer.make(tasks: 3)
    defer { Machine.destroy(machine) }
    let owner = machine.task(0)
    let page = owner.linkedTable()
    machine.task(1).rcuReadLock()
    machine.task(2).rcuReadLock()
    owner.callRcu(page)

    owner.rcuPoll(force: true)
    #expect(machine.header(page).pointee.state == .deferred)
    #expect(owner.coverage(.freedUnderReader) == 1)
    machine.task(1).rcuReadUnlock()
    owner.rcuPoll(force: true)
    #expect(machine.header(page).pointee.state == .deferred)
    machine.task(2).rcuReadUnlock()
    owner.rcuPoll(force: true)
    #expect(machine.header(page).pointee.state == .free)
    #expect(machine.table(page)[0] == Spte.poison)
    #expect(machine.broken == nil)
  }

  @Test func `a reader that came after the table was deferred does not hold it`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    machine.task(0).callRcu(page)
    machine.task(1).rcuReadLock()
    machine.task(0).rcuPoll(force: true)
    #expect(machine.header(page).pointee.state == .free)
    #expect(machine.broken == nil)
  }

  @Test func `the inner end of a nested read section ends nothing`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    machine.task(1).rcuReadLock()
    machine.task(1).rcuReadLock()
    machine.task(1).rcuReadUnlock()
    machine.task(0).callRcu(page)
    machine.task(0).rcuPoll(force: true)
    #expect(machine.header(page).pointee.state == .deferred)
    machine.task(1).rcuReadUnlock()
    machine.task(0).rcuPoll(force: true)
    #expect(machine.header(page).pointee.state == .free)
  }

  @Test func `tables are freed in the order in which they were deferred, as far as readers allow`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let owner = machine.task(0)
    let pages = (0..<10).map { _ in owner.linkedTable() }
    for page in pages[..<6] { owner.callRcu(page) }
    machine.task(1).rcuReadLock()
    for page in pages[6...] { owner.callRcu(page) }
    owner.rcuPoll()
    #expect(pages.map { machine.header($0).pointee.state == .free } == (0..<10).map { $0 < 6 })
    machine.task(1).rcuReadUnlock()
    owner.rcuPoll(force: true)
    #expect(pages.allSatisfy { machine.header($0).pointee.state == .free })
    #expect(owner.unread.filter { $0.kind == .tableFreed }.map { UInt32($0.new) } == pages)
    #expect(owner.pointee.liveTables == 0)
  }

  @Test func `a table freed under a reader is RCU-1`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    machine.task(1).rcuReadLock()
    machine.task(0).freeTable(page)
    #expect(machine.broken == .rcu1)
    #expect(machine.pointee.reports.violation?.expected == "a table is freed after a grace period")
  }

  @Test func `a table freed before its grace period ended is RCU-1`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    machine.task(1).rcuReadLock()
    machine.task(0).callRcu(page)
    machine.task(0).freeTable(page)
    #expect(machine.broken == .rcu1)
  }

  @Test func `tables that no reader can have found are freed at once`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    machine.task(1).rcuReadLock()
    // Never linked, and one that only the module reads.
    machine.task(0).freeTable(machine.task(0).allocateTable(kind: .direct, level: 1, gfn: 0, fill: 0))
    machine.task(0).freeTable(machine.task(0).linkedTable(kind: .external))
    #expect(machine.broken == nil)
  }

  @Test func `only a linked or unlinked table is deferred, and once`() throws {
    for state in [PageHeader.State.free, .allocated, .deferred] {
      let machine = try MachinePointer.make()
      defer { Machine.destroy(machine) }
      let page = machine.task(0).linkedTable()
      machine.header(page).pointee.state = state
      machine.task(0).callRcu(page)
      #expect(machine.broken == .rcu1)
    }
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    machine.header(page).pointee.state = .unlinked
    machine.task(0).callRcu(page)
    #expect(machine.broken == nil)
    #expect(machine.task(0).unread.last?.kind == .tableDeferred)
  }

  @Test func `a dereference needs a read section or mmu_lock`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    task.rcuReadLock()
    task.assertRcuHeld()
    task.rcuReadUnlock()
    task.readLock()
    task.assertRcuHeld()
    task.readUnlock()
    #expect(machine.broken == nil)
    task.assertRcuHeld()
    #expect(machine.broken == .rcu1)
  }
}
