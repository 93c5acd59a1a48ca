/// What each access to an SPTE tells: the entry's gfn, level and root, and the values in memory.
import Machine
import Testing

@Suite struct AccessEventTests {
  private func withTable(
    kind: PageHeader.Kind = .mirror, level: Int = 2, gfn: Gfn = 3 << 18,
    _ body: (MachinePointer, TaskPointer, SptePointer) -> Void
  ) throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable(kind: kind, level: level, gfn: gfn)
    machine.task(0).drain()
    body(machine, machine.task(0), machine.table(page))
  }

  @Test func `an access names the gfn and the level of its entry`() throws {
    try withTable { machine, task, table in
      task.writeSpte(table + 5, 1)
      let event = task.unread[0]
      #expect(event.gfn == 3 << 18 + 5 * 512)
      #expect(event.level == 2)
      #expect(event.root == .mirror)
      #expect(Int(event.entry) == table + 5 - machine.pointee.arenaView.base)
    }
    try withTable(kind: .direct, level: 1, gfn: 1024) { _, task, table in
      task.writeSpte(table + 511, 1)
      #expect(task.unread[0].gfn == 1024 + 511)
      #expect(task.unread[0].level == 1)
      #expect(task.unread[0].root == .direct)
    }
  }

  @Test func `a cmpxchg tells whether it won, and what was there`() throws {
    try withTable { _, task, table in
      var old = Spte.nonpresent
      #expect(task.tryCmpxchgSpte(table, &old, 77))
      #expect(!task.tryCmpxchgSpte(table, &old, 78))
      #expect(old == 77)
      #expect(task.unread.map(\.kind) == [.cmpxchg, .cmpxchgLost])
      #expect(task.unread.map(\.old) == [Spte.nonpresent, Spte.nonpresent])
      #expect(task.unread.map(\.new) == [77, 77])
      #expect(task.coverage(.lostCmpxchg) == 1)
    }
  }

  @Test func `a store tells whether W or D was set since its task has read the entry`() throws {
    let leaf = Spte.mmuPresent | Spte.readable | Spte.mmuWritable
    func flags(_ seen: UInt64, _ then: UInt64, readsOther: Bool = false) throws -> UInt8 {
      var flags: UInt8 = 99
      try withTable(kind: .direct, level: 1) { _, task, table in
        table[0] = seen
        _ = task.readSpte(table)
        if readsOther { _ = task.readSpte(table + 1) }
        table[0] = then
        task.writeSpte(table, Spte.nonpresent)
        flags = task.unread.last?.flags ?? 99
      }
      return flags
    }
    for bit in [Spte.writable, Spte.dirty] {
      #expect(try flags(leaf, leaf | bit) == Event.blind)
      #expect(try flags(leaf | bit, leaf | bit) == 0)
      #expect(try flags(leaf | bit, leaf) == 0)
      #expect(try flags(leaf, leaf | bit, readsOther: true) == 0)
      #expect(try flags(Spte.nonpresent, leaf | bit) == 0)
    }
    #expect(try flags(leaf, leaf | Spte.accessed) == 0)
  }

  @Test func `a lost cmpxchg is a read`() throws {
    try withTable(kind: .direct, level: 1) { _, task, table in
      table[0] = Spte.mmuPresent
      var old = task.readSpte(table)
      table[0] |= Spte.dirty
      #expect(!task.tryCmpxchgSpte(table, &old, Spte.nonpresent))
      task.writeSpte(table, Spte.nonpresent)
      #expect(task.unread.last?.flags == 0)
    }
  }

  @Test func `exchange, and, store tell old and new`() throws {
    try withTable { machine, task, table in
      table[0] = 0xff
      #expect(task.xchgSpte(table, 0xf3) == 0xff)
      #expect(task.fetchAndSpte(table, 0xf0) == 0xf3)
      task.writeSpte(table, 1)
      #expect(table[0] == 1)
      #expect(task.unread.map(\.kind) == [.xchg, .fetchAnd, .store])
      #expect(task.unread.map(\.old) == [0xff, 0xf3, 0xf0])
      #expect(task.unread.map(\.new) == [0xf3, 0xf0, 1])
      #expect(machine.broken == nil)
    }
  }

  @Test func `freezing an empty entry by exchange is no event, freezing a full one is`() throws {
    try withTable { _, task, table in
      #expect(task.xchgSpte(table, Spte.frozen) == Spte.nonpresent)
      #expect(task.unread.isEmpty)
      #expect(table[0] == Spte.frozen)
      table[1] = 0xff
      _ = task.xchgSpte(table + 1, Spte.frozen)
      #expect(task.unread.map(\.kind) == [.xchg])
    }
  }

  @Test func `reads leave no event, and count the frozen entries that they met`() throws {
    try withTable { machine, task, table in
      table[1] = Spte.mmuPresent
      table[2] = Spte.frozen
      #expect((0..<3).map { task.readSpte(table + $0) } == [Spte.nonpresent, Spte.mmuPresent, Spte.frozen])
      #expect(task.unread.isEmpty)
      #expect(task.coverage(.metFrozen) == 1)
      #expect(machine.broken == nil)
    }
  }
}
