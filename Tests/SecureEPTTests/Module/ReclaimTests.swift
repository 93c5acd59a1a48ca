/// PHYMEM.PAGE.RECLAIM: tables leave once the key is gone, children first.
import Machine
import SecureEPT
import Testing

@Suite struct ReclaimTests {
  private func page(_ domain: Domain, _ gfn: Gfn, _ level: Int) throws -> UInt32 {
    PageArena.page(pfn: SeptEntry.pfn(try #require(domain.entry(gfn, level)).pointee))
  }

  @Test func `no table is reclaimed while the key is assigned`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(0, downTo: 1)
    let table = try page(domain, 0, 2)
    domain.task(0).drain()
    #expect(domain.td.tdhPhymemPageReclaim(domain.task(0), page: table) == .keyAssigned)
    #expect(domain.calls() == [.init(.pageReclaim, .keyAssigned)])
  }

  @Test func `a table with a child stays, the child goes first`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(0, downTo: 1)
    let child = try page(domain, 0, 2)
    let parent = try page(domain, 0, 3)
    domain.td.pointee.isHkidAssigned = false
    #expect(domain.td.tdhPhymemPageReclaim(domain.task(0), page: parent) == .childrenPresent)
    #expect(domain.td.tdhPhymemPageReclaim(domain.task(0), page: child) == .success)
    domain.task(0).freeTable(child)
    #expect(domain.td.tdhPhymemPageReclaim(domain.task(0), page: parent) == .success)
  }

  @Test func `a TD takes its root from the arena and gives it back`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let root = domain.td.pointee.rootPage
    #expect(root != 0)
    #expect(domain.machine.pointee.arenaView.headers[Int(root)].level == 4)
    #expect(domain.task(0).pointee.liveTables == 1)
    domain.td.pointee.tearDown(domain.task(0))
    #expect(domain.td.pointee.rootPage == 0)
    #expect(domain.task(0).pointee.liveTables == 0)
    domain.td.pointee.build(domain.task(0))
    #expect(domain.td.pointee.isHkidAssigned)
    #expect(!domain.td.pointee.isRunnable)
    #expect(domain.broken == nil)
  }
}
