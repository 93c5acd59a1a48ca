/// SEPT.REMOVE: only a blocked table, once no vCPU can walk through it, and without children.
import Machine
import SecureEPT
import Testing

@Suite struct SeptRemoveTests {
  /// A domain with an empty table below the level-2 entry of gfn 0.
  private func domain() throws -> (domain: Domain, entry: SptePointer) {
    let domain = try Domain(.hugeShared)
    domain.link(0, downTo: 1)
    return (domain, try #require(domain.entry(0, 2)))
  }

  private func block(_ domain: Domain) -> TdxStatus {
    domain.td.tdhMemRangeBlock(domain.task(0), 0, 2, injectable: false)
  }

  private func track(_ domain: Domain) -> TdxStatus { domain.td.tdhMemTrack(domain.task(0), injectable: false) }

  private func remove(_ domain: Domain) -> TdxStatus {
    domain.td.tdhMemSeptRemove(domain.task(0), 0, 2, injectable: false)
  }

  @Test func `an empty table leaves after block and track`() throws {
    let (domain, entry) = try domain()
    defer { domain.destroy() }
    let table = SeptEntry.pfn(entry.pointee)
    #expect(block(domain) == .success)
    #expect(entry.pointee == SeptEntry.with(SeptEntry.make(.free, pfn: table), state: .nonLeafBlocked, epoch: 1))
    #expect(track(domain) == .success)
    domain.task(0).drain()
    #expect(remove(domain) == .success)
    #expect(entry.pointee == SeptEntry.free)
    #expect(domain.calls() == [.init(.septRemove, .success)])
  }

  @Test func `a table that was not tracked stays`() throws {
    let (domain, entry) = try domain()
    defer { domain.destroy() }
    #expect(block(domain) == .success)
    let blocked = entry.pointee
    #expect(remove(domain) == .trackingNotDone)
    #expect(entry.pointee == blocked)
  }

  @Test(arguments: [SeptEntry.State.mapped, .pending, .blocked, .pendingBlocked, .nonLeaf])
  func `a table with a child stays`(state: SeptEntry.State) throws {
    let (domain, entry) = try domain()
    defer { domain.destroy() }
    try domain.put(state, 511)
    #expect(block(domain) == .success)
    #expect(track(domain) == .success)
    let blocked = entry.pointee
    #expect(remove(domain) == .childrenPresent)
    #expect(entry.pointee == blocked)
  }

  @Test(arguments: [SeptEntry.State.free, .nonLeaf, .mapped, .pending, .blocked, .pendingBlocked])
  func `what is no blocked table stays`(state: SeptEntry.State) throws {
    let (domain, entry) = try domain()
    defer { domain.destroy() }
    entry.pointee = state == .nonLeaf ? entry.pointee : SeptEntry.make(state, pfn: 0x1000)
    let before = entry.pointee
    #expect(track(domain) == .success)
    #expect(remove(domain) == .entryStateIncorrect)
    #expect(entry.pointee == before)
  }

  @Test func `a missing parent fails the walk`() throws {
    let domain = try Domain(.hugeShared)
    defer { domain.destroy() }
    #expect(remove(domain) == .walkFailed)
  }

  @Test func `nothing is added below a blocked table, and nobody translates through it`() throws {
    let (domain, _) = try domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    #expect(domain.enter(1, [3]) == .done)
    #expect(block(domain) == .success)
    #expect(track(domain) == .success)
    #expect(domain.td.tdhMemPageAug(domain.task(0), 4, 1, pfn: 0x9) == .walkFailed)
    #expect(domain.enter(1, [3]) == .violation(3))
  }

  @Test func `another call in the tree makes it busy`() throws {
    let (domain, _) = try domain()
    defer { domain.destroy() }
    #expect(block(domain) == .success)
    #expect(track(domain) == .success)
    var status: [TdxStatus] = []
    domain.link(1 << 18, downTo: 1)
    // The second point of an AUG stands inside it.
    _ = Interruption.at(2, of: domain.task(1)) {
      status.append(remove(domain))
    } during: {
      domain.td.tdhMemPageAug(domain.task(1), 1 << 18, 1, pfn: 0x9)
    }
    #expect(status == [.operandBusy])
    #expect(remove(domain) == .success)
  }

  @Test func `the key's release does not hide a blocked child`() throws {
    let (domain, _) = try domain()
    defer { domain.destroy() }
    #expect(block(domain) == .success)
    let parent = PageArena.page(pfn: SeptEntry.pfn(try #require(domain.entry(0, 3)).pointee))
    domain.td.pointee.isHkidAssigned = false
    #expect(domain.td.tdhPhymemPageReclaim(domain.task(0), page: parent) == .childrenPresent)
  }
}
