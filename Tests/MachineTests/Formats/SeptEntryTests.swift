/// The S-EPT entry: state, pfn, epoch and lock do not run into each other.
import Machine
import Testing

@Suite struct SeptEntryTests {
  private static let states: [SeptEntry.State] = [
    .free, .nonLeaf, .mapped, .pending, .blocked, .pendingBlocked, .nonLeafBlocked,
  ]

  @Test(arguments: states) func `state and pfn read back`(state: SeptEntry.State) {
    // The largest pfn in use is a table page's.
    for pfn in [0, 1, PageArena.tablePfnBase, PageArena.tablePfnBase | 0x3fff_ffff] {
      let entry = SeptEntry.make(state, pfn: pfn)
      #expect(SeptEntry.state(entry) == state)
      #expect(SeptEntry.pfn(entry) == pfn)
      #expect(!SeptEntry.isLocked(entry))
      #expect(SeptEntry.blockEpoch(entry) == 0)
    }
  }

  @Test(arguments: states) func `the lock changes nothing else`(state: SeptEntry.State) {
    let entry = SeptEntry.with(SeptEntry.make(state, pfn: 0xabcde), state: state, epoch: 9) | SeptEntry.lock
    #expect(SeptEntry.isLocked(entry))
    #expect(SeptEntry.state(entry) == state)
    #expect(SeptEntry.pfn(entry) == 0xabcde)
    #expect(SeptEntry.blockEpoch(entry) == 9)
  }

  @Test func `a new state keeps the pfn and drops lock and epoch`() {
    let blocked = SeptEntry.with(SeptEntry.make(.mapped, pfn: 0xabcde), state: .blocked, epoch: 0xf_ffff)
    #expect(SeptEntry.blockEpoch(blocked) == 0xf_ffff)
    let mapped = SeptEntry.with(blocked | SeptEntry.lock, state: .mapped)
    #expect(mapped == SeptEntry.make(.mapped, pfn: 0xabcde))
  }

  @Test func `20 bits of the epoch are kept`() {
    #expect(SeptEntry.blockEpoch(SeptEntry.with(0, state: .blocked, epoch: 1 << 20 | 3)) == 3)
  }

  @Test func `a leaf maps or mapped a page, a table points or pointed to one`() {
    let leaves = Self.states.filter { SeptEntry.isLeaf(SeptEntry.make($0, pfn: 1)) }
    #expect(leaves == [.mapped, .pending, .blocked, .pendingBlocked])
    let tables = Self.states.filter { SeptEntry.isTable(SeptEntry.make($0, pfn: 1)) }
    #expect(tables == [.nonLeaf, .nonLeafBlocked])
    #expect(SeptEntry.free == SeptEntry.make(.free, pfn: 0))
  }
}
