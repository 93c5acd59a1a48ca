/// Machines for tests, and what a test asks of one.
import CAtomics
import Machine
import Testing

extension UnsafeMutablePointer where Pointee == Machine {
  /// A machine without checkers; the test destroys it.
  static func make(tasks: Int = 2, capacity: Int = 4096) throws -> MachinePointer {
    try #require(Machine.create(tasks: tasks, capacity: capacity), "no address space")
  }

  func task(_ id: Int) -> TaskPointer { pointee.tasks[id] }

  /// The rule that was broken, nil if none was.
  var broken: CheckerID? { pointee.reports.violation?.checker }

  func header(_ page: UInt32) -> UnsafeMutablePointer<PageHeader> { pointee.arenaView.headers + Int(page) }

  func table(_ page: UInt32) -> SptePointer { pointee.arena.table(page) }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// A table as it is when walkers can reach it.
  func linkedTable(kind: PageHeader.Kind = .direct, level: Int = 1, gfn: Gfn = 0) -> UInt32 {
    let page = allocateTable(kind: kind, level: level, gfn: gfn, fill: Spte.nonpresent)
    pointee.machine.header(page).pointee.state = .linked
    return page
  }

  /// Events in the ring that no checker has read.
  var unread: [Event] { (pointee.drained..<pointee.head).map { pointee.events[$0 & (Task.eventCapacity - 1)] } }

  func coverage(_ race: Coverage) -> UInt64 { pointee.coverage[Int(race.rawValue)] }
}

/// A word that threads share through CAtomics; freed by the test.
typealias Counter = UnsafeMutablePointer<UInt64>

extension UnsafeMutablePointer where Pointee == UInt64 {
  static func make() -> Counter {
    let counter = Counter.allocate(capacity: 1)
    counter.initialize(to: 0)
    return counter
  }

  func increment() { raw_fetch_add64(self, 1) }

  var now: UInt64 { raw_load64(self) }
}
