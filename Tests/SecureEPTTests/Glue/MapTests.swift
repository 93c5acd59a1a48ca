/// KVM's side of mapping: tables and leaves by policy, BUSY passed on, everything else a bug.
import Machine
import SecureEPT
import Testing

@Suite struct MapTests {
  @Test func `a table is linked with SEPT.ADD, a leaf mapped with PAGE.AUG`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(512, downTo: 2)
    domain.task(0).drain()
    let table = domain.nonLeaf(512, 2)
    #expect(domain.set(512, Spte.nonpresent, table, 2, under: .read) == 0)
    #expect(domain.entry(512, 2)?.pointee == SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(domain.externalPage(table))))
    #expect(domain.set(515, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .read) == 0)
    #expect(domain.entry(515, 1)?.pointee == SeptEntry.make(.pending, pfn: 0xabc))
    #expect(domain.calls() == [.init(.septAdd, .success), .init(.pageAug, .success)])
    #expect(domain.broken == nil)
  }

  @Test func `before the TD runs a leaf is mapped with PAGE.ADD`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(3, downTo: 1)
    domain.td.pointee.isRunnable = false
    #expect(domain.set(3, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .read) == 0)
    #expect(domain.state(3) == .mapped)
    #expect(domain.calls().last == .init(.pageAdd, .success))
  }

  @Test func `a 2M leaf is a bug with policy 4k, a mapping with huge`() throws {
    let small = try Domain(.fourK)
    defer { small.destroy() }
    small.link(512, downTo: 2)
    #expect(small.set(512, Spte.nonpresent, Domain.leaf(0x4000, 2), 2, under: .read) == Errno.io)
    #expect(small.broken == .bug1)
    #expect(small.state(512, 2) == .free)

    let huge = try Domain(.huge)
    defer { huge.destroy() }
    huge.link(512, downTo: 2)
    #expect(huge.set(512, Spte.nonpresent, Domain.leaf(0x4000, 2), 2, under: .read) == 0)
    #expect(huge.entry(512, 2)?.pointee == SeptEntry.make(.pending, pfn: 0x4000))
    #expect(huge.broken == nil)
  }

  @Test func `a 1G leaf is a bug with either policy`() throws {
    for policy in Policy.allCases {
      let domain = try Domain(policy)
      defer { domain.destroy() }
      domain.link(0, downTo: 3)
      #expect(domain.set(0, Spte.nonpresent, Domain.leaf(0x4000, 3), 3, under: .read) == Errno.io)
      #expect(domain.broken == .bug1)
      #expect(domain.state(0, 3) == .free)
    }
  }

  @Test func `busy is passed on as -EBUSY and is no bug`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(512, downTo: 2)
    let table = domain.nonLeaf(512, 2)
    domain.task(0).pointee.busyThreshold = 1 << 32
    #expect(domain.set(512, Spte.nonpresent, table, 2, under: .read) == Errno.busy)
    #expect(domain.state(512, 2) == .free)
    domain.task(0).pointee.busyThreshold = 0
    let entry = try domain.put(.free, 515)
    entry.pointee |= SeptEntry.lock
    #expect(domain.set(515, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .read) == Errno.busy)
    entry.pointee &= ~SeptEntry.lock
    domain.td.pointee.isRunnable = false
    domain.task(0).pointee.busyThreshold = 1 << 32
    #expect(domain.set(515, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .read) == Errno.busy)
    #expect(entry.pointee == SeptEntry.free)
    #expect(domain.broken == nil)
  }

  @Test func `any other refusal is a bug that names call and status`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    #expect(domain.set(3, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .read) == Errno.io)
    #expect(domain.broken == .bug1)
    #expect(domain.seen == "TDH_MEM_PAGE_AUG answered TDX_EPT_WALK_FAILED")
  }

  @Test func `a leaf without all permissions is a warning`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(3, downTo: 1)
    _ = domain.set(3, Spte.nonpresent, Domain.leaf(0xabc) & ~Spte.writable, 1, under: .read)
    #expect(domain.broken == .bug1)
    #expect(domain.seen.contains("WARN_ON_ONCE(not RWX)"))
  }

  @Test func `a change between two absent values is a bug`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    #expect(domain.set(3, Spte.nonpresent, Spte.frozen, 1, under: .write) == Errno.io)
    #expect(domain.broken == .bug1)
  }

  @Test func `a table whose header does not fit is a bug`() throws {
    let breaks: [(UnsafeMutablePointer<PageHeader>) -> Void] = [
      { $0.pointee.externalPage = 0 }, { $0.pointee.level = 2 }, { $0.pointee.gfn = 0 },
    ]
    for breakHeader in breaks {
      let domain = try Domain()
      defer { domain.destroy() }
      domain.link(512, downTo: 2)
      let table = domain.nonLeaf(512, 2)
      breakHeader(domain.machine.pointee.arenaView.headers + Int(PageArena.page(pfn: Spte.pfn(table))))
      #expect(domain.set(512, Spte.nonpresent, table, 2, under: .read) == Errno.io)
      #expect(domain.broken == .bug1)
      #expect(domain.state(512, 2) == .free)
    }
  }

  @Test func `a change without mmu_lock is LCK-1`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    domain.link(3, downTo: 1)
    _ = domain.set(3, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .none)
    #expect(domain.broken == .lck1)
  }

  /// The mutant `busy-spin` never comes back by itself.
  @Test func `the mutant busy-spin waits in place and says so`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.free, 3)
    entry.pointee |= SeptEntry.lock
    domain.td.pointee.defects = .busySpin
    var spins = 0
    let result = Interruption.at(.max, of: domain.task(0)) {
      #expect(domain.task(0).published(.waiting) >> 56 == Task.Waiting.busySeamcall.rawValue)
      spins += 1
      if spins == 3 { entry.pointee &= ~SeptEntry.lock }
    } during: {
      domain.set(3, Spte.nonpresent, Domain.leaf(0xabc), 1, under: .read)
    }
    #expect(result == 0)
    #expect(spins == 3)
    #expect(domain.task(0).published(.waiting) == 0)
  }
}
