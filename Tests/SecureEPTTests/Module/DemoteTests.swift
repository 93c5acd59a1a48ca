/// PAGE.DEMOTE: a blocked 2M page becomes a table of 512 pages.
import Machine
import SecureEPT
import Testing

@Suite struct DemoteTests {
  private func demote(_ domain: Domain, page: UInt32) -> TdxStatus {
    domain.td.tdhMemPageDemote(domain.task(0), 512, 2, page: page, injectable: false)
  }

  @Test(arguments: [SeptEntry.State.mapped, .pending])
  func `the children map what the huge page mapped, in its state`(state: SeptEntry.State) throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    try domain.put(state, 512, 2, pfn: 0x4000)
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 512, 2, injectable: false) == .success)
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    let page = domain.septTable(512, for: 2)
    domain.task(0).drain()
    #expect(demote(domain, page: page) == .success)
    #expect(domain.entry(512, 2)?.pointee == SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(page)))
    for index: UInt64 in 0..<512 {
      #expect(domain.entry(512 + index, 1)?.pointee == SeptEntry.make(state, pfn: 0x4000 + index))
    }
    #expect(domain.calls() == [.init(.pageDemote, .success)])
  }

  @Test func `a page that was not tracked is not demoted`() throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 512, 2, pfn: 0x4000)
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 512, 2, injectable: false) == .success)
    let blocked = entry.pointee
    let page = domain.septTable(512, for: 2)
    #expect(demote(domain, page: page) == .trackingNotDone)
    #expect(entry.pointee == blocked)
    #expect((0..<512).allSatisfy { domain.machine.pointee.arena.table(page)[$0] == SeptEntry.free })
  }

  @Test(arguments: [SeptEntry.State.free, .nonLeaf, .nonLeafBlocked, .mapped, .pending])
  func `a page that is not blocked is not demoted`(state: SeptEntry.State) throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    let entry = try domain.put(state, 512, 2)
    let before = entry.pointee
    #expect(demote(domain, page: domain.septTable(512, for: 2)) == .entryStateIncorrect)
    #expect(entry.pointee == before)
  }

  @Test func `a missing parent fails the walk`() throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    #expect(demote(domain, page: domain.septTable(512, for: 2)) == .walkFailed)
  }
}
