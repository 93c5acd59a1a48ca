/// What is taken for the same, and what is not.
import Campaign
import Machine
import Testing

@Suite struct ComparedStepTests {
  private let machine: MachinePointer
  private let leaf =
    Spte.mmuPresent | Spte.rwx | Spte.accessed | Spte.dirty | Spte.hostWritable | Spte.mmuWritable | 0x77 << 12

  init() throws { machine = try #require(Machine.create(tasks: 1, capacity: 16)) }

  private func compared(_ spte: UInt64, level: Int = 1, gfn: Gfn = 0) -> UInt64 {
    TablePlace(root: .direct, gfn: gfn, level: level).compared(spte, machine)
  }

  @Test func `bits that the model leaves out do not matter`() {
    defer { Machine.destroy(machine) }
    for bit in [2, 3, 4, 5, 6, 10, 63] { #expect(compared(leaf ^ 1 << UInt64(bit)) == compared(leaf), "bit \(bit)") }
  }

  @Test func `all others do`() {
    defer { Machine.destroy(machine) }
    for bit in [0, 1, 8, 9, 11, 12, 30, 51, 52, 53, 55, 60] {
      #expect(compared(leaf ^ 1 << UInt64(bit)) != compared(leaf), "bit \(bit)")
    }
  }

  @Test func `what is not present is compared as it is`() {
    defer { Machine.destroy(machine) }
    #expect(compared(Spte.frozen) == Spte.frozen)
    #expect(compared(Spte.nonpresent) != compared(0))
  }

  @Test func `a table is known by its place, whichever page it has`() {
    defer { Machine.destroy(machine) }
    let task = machine.pointee.tasks[0]
    let pages = (0..<2).map { _ in task.allocateTable(kind: .direct, level: 1, gfn: 0x200, fill: Spte.nonpresent) }
    func table(_ page: UInt32) -> UInt64 {
      Spte.mmuPresent | Spte.rwx | Spte.accessed | PageArena.pfn(page) << 12
    }
    let here = compared(table(pages[0]), level: 2, gfn: 0x200)
    #expect(here == compared(table(pages[1]), level: 2, gfn: 0x200))
    #expect(here != compared(table(pages[0]) & ~Spte.accessed, level: 2, gfn: 0x200))
    // A table of another place is no table for this one.
    #expect(here != compared(table(pages[0]), level: 2, gfn: 0x400))
    #expect(here != compared(table(pages[0]), level: 3, gfn: 0x200))
    #expect(here != TablePlace(root: .mirror, gfn: 0x200, level: 2).compared(table(pages[0]), machine))
  }
}
