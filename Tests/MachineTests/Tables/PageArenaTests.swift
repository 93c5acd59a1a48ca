/// Where table pages come from: oldest freed first, not at once, and never one to two.
import Machine
import TestSupport
import Testing

@Suite struct PageArenaTests {
  @Test func `a freed page is not the next to be used`() throws {
    let machine = try MachinePointer.make(tasks: 1)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let freed = (0..<16).map { _ in task.linkedTable() }
    for page in freed { task.freeTable(page) }
    task.flushFreed()
    let next = (0..<256).map { _ in task.linkedTable() }
    let isNew = Set(next).isDisjoint(with: freed)
    #expect(isNew)
    #expect(!next.contains(0))
  }

  @Test func `freed pages are used again oldest first`() throws {
    let machine = try MachinePointer.make(tasks: 1)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    // A multiple of the batch in which pages travel, freed in an order that is not that of their numbers.
    let freed = (0..<1024).map { _ in task.linkedTable() }.reversed() as [UInt32]
    for page in freed { task.freeTable(page) }
    let known = Set(freed)
    let next = (0..<1024).map { _ in task.linkedTable() }
    let reused = next.filter { known.contains($0) }
    #expect(reused == Array(freed.prefix(reused.count)))
    #expect(reused.count >= 256)
    #expect(reused.count < 1024)
  }

  @Test func `a page in quarantine is better than none`() throws {
    // 32 pages, as page 0 is never handed out.
    let machine = try MachinePointer.make(tasks: 1, capacity: 33)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    let pages = (0..<32).map { _ in task.linkedTable() }
    #expect(Set(pages) == Set(1...32))
    for page in pages[..<16] { task.freeTable(page) }
    #expect((0..<16).map { _ in task.linkedTable() } == Array(pages[..<16]))
    #expect(machine.pointee.reports.harnessFault == nil)
    #expect(machine.pointee.arena.highWater == 33)
  }

  @Test func `running out of pages is a harness fault that halts the run`() throws {
    let machine = try MachinePointer.make(tasks: 1, capacity: 20)
    defer { Machine.destroy(machine) }
    let task = machine.task(0)
    for _ in 1..<20 { #expect(task.linkedTable() != 0) }
    #expect(machine.pointee.reports.harnessFault == nil)
    #expect(task.allocateTable(kind: .direct, level: 1, gfn: 0, fill: 0) == 0)
    #expect(machine.pointee.reports.harnessFault == "out of page tables: 20 reserved")
    #expect(task.isHalted)
    #expect(machine.broken == nil)
    #expect(task.pointee.liveTables == 19)
  }

  @Test func `a machine larger than the address space is refused`() {
    #expect(Machine.create(tasks: 1, capacity: 1 << 40) == nil)
  }

  @Test func `pfn, page and entry name the same table`() throws {
    let machine = try MachinePointer.make()
    defer { Machine.destroy(machine) }
    let page = machine.task(0).linkedTable()
    #expect(PageArena.page(pfn: PageArena.pfn(page)) == page)
    #expect(machine.pointee.arena.index(of: machine.table(page) + 511) == page)
    #expect(machine.pointee.arenaView.index(of: machine.table(page)) == page)
    #expect(PageArena.pfn(page) >= PageArena.tablePfnBase)
  }

  @Test func `no page is handed to two threads`() throws {
    let threads = 4
    let machine = try MachinePointer.make(tasks: threads, capacity: 2_000)
    defer { Machine.destroy(machine) }
    // Who finds another's mark in a table that it has just been given shares it.
    let shared = Counter.make()
    defer { shared.deallocate() }
    Threads.race(threads) { id in
      let task = machine.task(id)
      for _ in 0..<100 {
        let pages = (0..<32).map { _ in task.allocateTable(kind: .external, level: 1, gfn: Gfn(id), fill: UInt64(id)) }
        for page in pages where page == 0 || machine.header(page).pointee.gfn != Gfn(id) { shared.increment() }
        for page in pages where (0..<512).contains(where: { machine.table(page)[$0] != UInt64(id) }) {
          shared.increment()
        }
        for page in pages { task.freeTable(page) }
        task.flushFreed()
        task.drain()
      }
    }
    #expect(shared.now == 0)
    #expect(machine.broken == nil)
    #expect(machine.pointee.reports.harnessFault == nil)
  }
}
