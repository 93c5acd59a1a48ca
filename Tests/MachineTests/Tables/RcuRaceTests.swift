/// Readers that walk while tables are replaced under them never meet a freed one.
import Machine
import TestSupport
import Testing

@Suite struct RcuRaceTests {
  @Test func `walkers and replacers race without a use after free`() throws {
    let machine = try MachinePointer.make(tasks: 4, capacity: 1 << 14)
    defer { Machine.destroy(machine) }
    let root = machine.task(0).linkedTable(level: 2)
    let top = machine.table(root)
    let slots = 4
    for slot in 0..<slots { top[slot] = machine.task(0).childSpte() }
    let done = Counter.make()
    defer { done.deallocate() }
    // Two replace 2,000 tables each, two walk until they have.
    Threads.race(4) { id in
      let task = machine.task(id)
      if id < 2 {
        for round in 0..<2_000 {
          let new = task.childSpte()
          let old = task.xchgSpte(top + (round + id) % slots, new)
          let page = PageArena.page(pfn: Spte.pfn(old))
          machine.header(page).pointee.state = .unlinked
          task.callRcu(page)
          task.rcuPoll()
          task.drain()
        }
        done.increment()
      } else {
        while done.now < 2 && !task.isHalted {
          task.rcuReadLock()
          for slot in 0..<slots {
            let table = machine.table(PageArena.page(pfn: Spte.pfn(task.readSpte(top + slot))))
            for index in stride(from: 0, to: 512, by: 64) { _ = task.readSpte(table + index) }
          }
          task.rcuReadUnlock()
        }
      }
    }
    for id in 0..<2 { machine.task(id).rcuPoll(force: true) }
    #expect(machine.broken == nil)
    let live = (0..<4).reduce(0) { $0 + machine.task($1).pointee.liveTables }
    #expect(live == 1 + slots)
  }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// A present SPTE that points to a new table.
  fileprivate func childSpte() -> UInt64 { Spte.mmuPresent | PageArena.pfn(linkedTable()) << 12 }
}
