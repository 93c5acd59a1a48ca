/// DIRT-1 on events written by hand.
import Machine
import Testing

@Suite struct SeenCheckerTests {
  private func store(_ entry: Entry, _ old: UInt64, flags: UInt8, _ kind: Event.Kind = .store) throws -> Bench {
    let bench = try Bench()
    bench.exclusive {
      bench.task.emit(
        kind, gfn: entry.gfn, old: old, new: Value.empty, entry: entry.index, level: entry.level, root: entry.root,
        flags: flags)
    }
    return bench
  }

  @Test func `a store over a leaf as it was read raises nothing`() throws {
    let bench = try store(.directLeaf, Value.leaf(7), flags: 0)
    #expect(bench.found == nil)
    #expect(bench.suite.pointee.checks(.dirt1) == 1)
  }

  @Test func `a store over a leaf that was changed since breaks the rule`() throws {
    let bench = try store(.directLeaf, Value.leaf(7), flags: Event.blind)
    #expect(bench.found == .dirt1)
    #expect(bench.machine.pointee.reports.violation?.seen.contains("WAD") == true)
  }

  @Test func `an empty entry, a table and an xchg are none of its business`() throws {
    for (entry, old, kind) in [
      (Entry.directLeaf, Value.empty, Event.Kind.store), (.directTable, Value.table(11), .store),
      (.directLeaf, Value.leaf(7), .xchg),
    ] {
      let bench = try store(entry, old, flags: Event.blind, kind)
      #expect(bench.suite.pointee.checks(.dirt1) == 0)
      #expect(bench.found == nil)
    }
  }
}
