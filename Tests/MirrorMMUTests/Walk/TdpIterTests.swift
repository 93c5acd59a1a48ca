/// The iterator: exactly which entries a pre-order walk visits, and in which order.
import CAtomics
import Machine
import MirrorMMU
import Testing

@Suite struct TdpIterTests {
  /// A direct root made by hand: one table of level 1 and one huge page below each of two level-3 entries' tables.
  private final class Tree {
    let machine: MachinePointer
    let root: UInt32

    init() throws {
      machine = try #require(Machine.create(tasks: 1, capacity: 1024))
      let task = machine.pointee.tasks[0]
      root = task.allocateTable(kind: .direct, level: 4, gfn: 0, fill: Spte.nonpresent)
    }

    deinit { Machine.destroy(machine) }

    var task: TaskPointer { machine.pointee.tasks[0] }

    /// Puts a leaf at `level`, with the tables above it.
    func map(_ gfn: Gfn, level goal: Int = 1) {
      var page = root
      for level in stride(from: 4, to: goal, by: -1) {
        let entry = machine.pointee.arena.table(page) + Spte.index(gfn, level)
        if !Spte.isShadowPresent(entry.pointee) {
          let child = task.allocateTable(kind: .direct, level: level - 1, gfn: 0, fill: Spte.nonpresent)
          entry.pointee = Spte.mmuPresent | Spte.rwx | (PageArena.pfn(child) << 12)
        }
        page = PageArena.page(pfn: Spte.pfn(entry.pointee))
      }
      let entry = machine.pointee.arena.table(page) + Spte.index(gfn, goal)
      entry.pointee = Spte.mmuPresent | Spte.rwx | (goal > 1 ? Spte.pageSize : 0) | (gfn << 12)
    }

    func unmap(_ gfn: Gfn, level goal: Int) {
      var page = root
      for level in stride(from: 4, to: goal, by: -1) {
        page = PageArena.page(pfn: Spte.pfn((machine.pointee.arena.table(page) + Spte.index(gfn, level)).pointee))
      }
      (machine.pointee.arena.table(page) + Spte.index(gfn, goal)).pointee = Spte.nonpresent
    }

    func visits(_ range: Range<Gfn>, minLevel: Int = 1) -> [Visit] {
      var iter = TdpIter(task, root: root, minLevel: minLevel, from: range.lowerBound)
      var visits: [Visit] = []
      while iter.valid && iter.gfn < range.upperBound {
        visits.append(Visit(iter.gfn, iter.level))
        iter.next(task)
      }
      return visits
    }
  }

  private struct Visit: Equatable, CustomStringConvertible {
    var gfn: Gfn
    var level: Int
    init(_ gfn: Gfn, _ level: Int) { (self.gfn, self.level) = (gfn, level) }
    var description: String { "\(gfn)@\(level)" }
  }

  private let gib: Gfn = 1 << 18

  @Test func `an empty root is one row of its own entries`() throws {
    let tree = try Tree()
    #expect(tree.visits(0..<1) == [Visit(0, 4)])
    #expect(tree.visits(0..<(3 << 27)) == [Visit(0, 4), Visit(1 << 27, 4), Visit(2 << 27, 4)])
  }

  @Test func `parents come before their children, in order of gfn`() throws {
    let tree = try Tree()
    tree.map(514)
    tree.map(1024, level: 2)
    #expect(
      tree.visits(512..<516) == [
        Visit(0, 4), Visit(0, 3), Visit(512, 2), Visit(512, 1), Visit(513, 1), Visit(514, 1), Visit(515, 1),
      ])
    #expect(
      tree.visits(1022..<1537) == [
        Visit(0, 4), Visit(0, 3), Visit(512, 2), Visit(1022, 1), Visit(1023, 1), Visit(1024, 2), Visit(1536, 2),
      ])
  }

  @Test func `a whole walk visits each entry of each table once`() throws {
    let tree = try Tree()
    tree.map(514)
    tree.map(1024, level: 2)
    tree.map(gib + 7)
    let visits = tree.visits(0..<(512 << 27))
    var expected: [Visit] = []
    for top in 0..<512 as Range<Gfn> {
      expected.append(Visit(top << 27, 4))
      guard top == 0 else { continue }
      for third in 0..<512 as Range<Gfn> {
        expected.append(Visit(third * gib, 3))
        guard third < 2 else { continue }
        for second in 0..<512 as Range<Gfn> {
          let start = third * gib + second * 512
          expected.append(Visit(start, 2))
          if start == 512 || start == gib {
            for page in 0..<512 as Range<Gfn> { expected.append(Visit(start + page, 1)) }
          }
        }
      }
    }
    #expect(visits == expected)
  }

  @Test func `a walk does not go below its least level`() throws {
    let tree = try Tree()
    tree.map(514)
    #expect(tree.visits(512..<1024, minLevel: 2) == [Visit(0, 4), Visit(0, 3), Visit(512, 2)])
    #expect(tree.visits(512..<1024, minLevel: 3) == [Visit(0, 4), Visit(0, 3)])
    #expect(tree.visits(512..<1024, minLevel: 4) == [Visit(0, 4)])
  }

  @Test func `a walk that begins inside a huge page visits it`() throws {
    let tree = try Tree()
    tree.map(512, level: 2)
    #expect(tree.visits(700..<701) == [Visit(0, 4), Visit(0, 3), Visit(512, 2)])
  }

  @Test func `after a yield the walk begins again at the root, towards the gfn it stood at`() throws {
    let tree = try Tree()
    tree.map(514)
    tree.map(1025)
    var iter = TdpIter(tree.task, root: tree.root, minLevel: 1, from: 512)
    var visits: [Visit] = []
    while iter.valid && iter.gfn < 1027 {
      visits.append(Visit(iter.gfn, iter.level))
      if visits.count == 6 { iter.yielded = true }
      iter.next(tree.task)
    }
    #expect(
      visits[..<7] == [
        Visit(0, 4), Visit(0, 3), Visit(512, 2), Visit(512, 1), Visit(513, 1), Visit(514, 1), Visit(0, 4),
      ])
    #expect(visits[7..<11] == [Visit(0, 3), Visit(512, 2), Visit(514, 1), Visit(515, 1)])
    #expect(visits.last == Visit(1026, 1))
    #expect(!iter.yielded)
  }

  @Test func `a table that is unlinked while the walk yields is not walked into`() throws {
    let tree = try Tree()
    tree.map(514)
    var iter = TdpIter(tree.task, root: tree.root, minLevel: 1, from: 514)
    while iter.level > 1 { iter.next(tree.task) }
    tree.unmap(514, level: 2)
    iter.yielded = true
    var visits: [Visit] = []
    iter.next(tree.task)
    while iter.valid && iter.gfn < 1536 {
      visits.append(Visit(iter.gfn, iter.level))
      iter.next(tree.task)
    }
    #expect(visits == [Visit(0, 4), Visit(0, 3), Visit(512, 2), Visit(1024, 2)])
  }

  @Test func `an entry is read again before the walk steps below it`() throws {
    let tree = try Tree()
    tree.map(514)
    var iter = TdpIter(tree.task, root: tree.root, minLevel: 1, from: 514)
    while iter.level > 2 { iter.next(tree.task) }
    tree.unmap(514, level: 2)
    iter.next(tree.task)
    #expect(Visit(iter.gfn, iter.level) == Visit(1024, 2))
  }

  @Test func `the last entry of the last table ends the walk`() throws {
    let tree = try Tree()
    let last: Gfn = (1 << 36) - 1
    tree.map(last)
    var iter = TdpIter(tree.task, root: tree.root, minLevel: 1, from: last)
    while iter.level > 1 { iter.next(tree.task) }
    #expect(Visit(iter.gfn, iter.level) == Visit(last, 1))
    iter.next(tree.task)
    #expect(!iter.valid)
  }
}
