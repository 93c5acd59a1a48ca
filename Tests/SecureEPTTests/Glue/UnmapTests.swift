/// KVM's side of removing and splitting: under the write lock, with tracking, tables only at the end.
import Machine
import SecureEPT
import TestSupport
import Testing

@Suite struct UnmapTests {
  @Test func `a leaf leaves by BLOCK, TRACK and REMOVE`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3)
    domain.task(0).drain()
    #expect(domain.set(3, Domain.leaf(0x1000), Spte.nonpresent, 1, under: .write) == 0)
    #expect(domain.calls() == [.init(.rangeBlock, .success), .init(.track, .success), .init(.pageRemove, .success)])
    #expect(entry.pointee == SeptEntry.free)
    #expect(domain.broken == nil)
  }

  @Test func `a removal kicks the vCPUs that could still translate`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    let guest = Threads(1) { _ in
      // The last access may be one too many: then the page is gone.
      _ = domain.td.runGuest(domain.task(1), count: .max, zeroStep: false) { _ in 3 }
    }
    #expect(eventually { domain.task(1).published(.guestEpoch) == 1 })
    #expect(domain.set(3, Domain.leaf(0x1000), Spte.nonpresent, 1, under: .write) == 0)
    guest.join()
    #expect(domain.state(3) == .free)
    #expect(domain.broken == nil)
  }

  @Test func `a removal under the read lock is LCK-1`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    _ = domain.set(3, Domain.leaf(0x1000), Spte.nonpresent, 1, under: .read)
    #expect(domain.broken == .lck1)
    #expect(domain.machine.pointee.reports.violation?.gfn == 3)
  }

  @Test func `removing what is not there is a bug`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.free, 3)
    #expect(domain.set(3, Domain.leaf(0x1000), Spte.nonpresent, 1, under: .write) == Errno.io)
    #expect(domain.broken == .bug1)
    #expect(domain.seen == "TDH_MEM_RANGE_BLOCK answered TDX_EPT_ENTRY_STATE_INCORRECT")
  }

  @Test func `removing after the key was released is a bug`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    domain.td.pointee.isHkidAssigned = false
    #expect(domain.set(3, Domain.leaf(0x1000), Spte.nonpresent, 1, under: .write) == Errno.io)
    #expect(domain.broken == .bug1)
    #expect(domain.state(3) == .mapped)
  }

  @Test func `a huge leaf is removed where the policy maps any`() throws {
    for policy in Policy.allCases {
      let domain = try Domain(policy)
      defer { domain.destroy() }
      try domain.put(.mapped, 512, 2, pfn: 0x4000)
      let result = domain.set(512, Domain.leaf(0x4000, 2), Spte.nonpresent, 2, under: .write)
      #expect(result == (policy.mapsHuge ? 0 : Errno.io))
      #expect(domain.broken == (policy.mapsHuge ? nil : .bug1))
    }
  }

  @Test func `the mutant no-track is refused by the module`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    domain.td.pointee.defects = .noTrack
    #expect(domain.set(3, Domain.leaf(0x1000), Spte.nonpresent, 1, under: .write) == Errno.io)
    #expect(domain.broken == .bug1)
    #expect(domain.seen == "TDH_MEM_PAGE_REMOVE answered TDX_TLB_TRACKING_NOT_DONE")
  }

  @Test(arguments: [SeptEntry.State.mapped, .pending])
  func `a split demotes into 512 children`(state: SeptEntry.State) throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    try domain.put(state, 512, 2, pfn: 0x4000)
    let table = domain.nonLeaf(512, 2)
    domain.task(0).drain()
    #expect(domain.set(512, Domain.leaf(0x4000, 2), table, 2, under: .write) == 0)
    #expect(domain.calls() == [.init(.rangeBlock, .success), .init(.track, .success), .init(.pageDemote, .success)])
    #expect(domain.entry(512, 2)?.pointee == SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(domain.externalPage(table))))
    for index: UInt64 in 0..<512 {
      #expect(domain.entry(512 + index, 1)?.pointee == SeptEntry.make(state, pfn: 0x4000 + index))
    }
    #expect(domain.broken == nil)
  }

  @Test func `a split under the read lock is LCK-1`() throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    try domain.put(.mapped, 512, 2, pfn: 0x4000)
    _ = domain.set(512, Domain.leaf(0x4000, 2), domain.nonLeaf(512, 2), 2, under: .read)
    #expect(domain.broken == .lck1)
  }

  @Test func `a split with policy 4k is a bug`() throws {
    let domain = try Domain(.fourK)
    defer { domain.destroy() }
    try domain.put(.mapped, 512, 2, pfn: 0x4000)
    #expect(domain.set(512, Domain.leaf(0x4000, 2), domain.nonLeaf(512, 2), 2, under: .write) == Errno.io)
    #expect(domain.broken == .bug1)
  }

  @Test func `a table is freed once the key is gone, never before`() throws {
    for isAssigned in [true, false] {
      let domain = try Domain()
      defer { domain.destroy() }
      domain.link(0, downTo: 1)
      let page = PageArena.page(pfn: SeptEntry.pfn(try #require(domain.entry(0, 2)).pointee))
      domain.td.pointee.isHkidAssigned = isAssigned
      domain.td.tdxSeptFreePrivateSpt(domain.task(0), page, gfn: 0, level: 1)
      #expect(domain.broken == (isAssigned ? .bug1 : nil))
      #expect((domain.machine.pointee.arenaView.headers[Int(page)].state == .free) == !isAssigned)
    }
  }

  @Test func `a table with children is not freed`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(0, downTo: 1)
    let parent = PageArena.page(pfn: SeptEntry.pfn(try #require(domain.entry(0, 3)).pointee))
    domain.td.pointee.isHkidAssigned = false
    domain.td.tdxSeptFreePrivateSpt(domain.task(0), parent, gfn: 0, level: 2)
    #expect(domain.broken == .bug1)
    #expect(domain.seen == "TDH_PHYMEM_PAGE_RECLAIM answered TDX_CHILDREN_PRESENT")
    #expect(domain.machine.pointee.arenaView.headers[Int(parent)].state != .free)
  }
}
