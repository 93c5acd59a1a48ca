/// The guest: it translates, accepts, faults, and holds translations until the epoch changes.
import Machine
import SecureEPT
import Testing

@Suite struct GuestTests {
  /// Takes gfn 3 out of the S-EPT as KVM does, but for what is left out.
  private func remove(_ domain: Domain) {
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .success)
    #expect(domain.td.tdhMemTrack(domain.task(0), injectable: false) == .success)
    #expect(domain.td.tdhMemPageRemove(domain.task(0), 3, 1, injectable: false) == .success)
  }

  @Test func `the guest accepts a pending page, once`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.pending, 3, pfn: 0xabc)
    #expect(domain.enter(1, [3, 3]) == .done)
    #expect(entry.pointee == SeptEntry.make(.mapped, pfn: 0xabc))
    #expect(domain.enter(1, [3]) == .done)
    #expect(domain.calls(1) == [.init(.accept, .success)])
  }

  @Test func `a huge page is accepted as a whole`() throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    let entry = try domain.put(.pending, 512, 2)
    #expect(domain.enter(1, [512 + 5]) == .done)
    #expect(SeptEntry.state(entry.pointee) == .mapped)
    #expect(domain.task(1).pointee.events[0].gfn == 512)
    #expect(domain.task(1).pointee.events[0].level == 2)
  }

  @Test func `a page that someone works on is not accepted now`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.pending, 3)
    entry.pointee |= SeptEntry.lock
    #expect(domain.enter(1, [3]) == .done)
    #expect(SeptEntry.state(entry.pointee) == .pending)
    entry.pointee &= ~SeptEntry.lock
    #expect(domain.enter(1, [3]) == .done)
    #expect(SeptEntry.state(entry.pointee) == .mapped)
  }

  @Test func `an accept holds its entry against SEAMCALLs`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.pending, 3)
    // The vCPU's mode is point 1, entering 2, the access 3, the accept 4.
    let exit = Interruption.at(4, of: domain.task(1)) {
      #expect(domain.td.tdhMemPageAug(domain.task(0), 3, 1, pfn: 7) == .operandBusy)
      #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .operandBusy)
    } during: {
      domain.enter(1, [3])
    }
    #expect(exit == .done)
    #expect(domain.state(3) == .mapped)
  }

  @Test(arguments: [SeptEntry.State.free, .blocked, .pendingBlocked])
  func `what is not mapped is an EPT violation at that gfn`(state: SeptEntry.State) throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    try domain.put(state, 4)
    #expect(domain.enter(1, [3, 4, 3]) == .violation(4))
    // No table at all.
    #expect(domain.enter(1, [1 << 20]) == .violation(1 << 20))
    #expect(domain.broken == nil)
  }

  @Test func `a translation survives leaving and entering in the same epoch`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    #expect(domain.enter(1, [3]) == .done)
    #expect(domain.td.tdhMemRangeBlock(domain.task(0), 3, 1, injectable: false) == .success)
    // Blocked keeps the page from being translated anew, not from being used.
    #expect(domain.enter(1, [3]) == .done)
    #expect(domain.enter(0, [3]) == .violation(3))
    #expect(domain.broken == nil)
  }

  @Test func `an entry in a new epoch flushes the TLB`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    #expect(domain.enter(1, [3]) == .done)
    remove(domain)
    #expect(domain.enter(1, [3]) == .violation(3))
    #expect(domain.broken == nil)
  }

  @Test func `a translation used after its page was taken away is TLB-1`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3)
    #expect(domain.enter(1, [3]) == .done)
    // No module would do this: the page is gone and the epoch is the same.
    entry.pointee = SeptEntry.free
    #expect(domain.enter(1, [3]) == .done)
    #expect(domain.broken == .tlb1)
    #expect(domain.machine.pointee.reports.violation?.gfn == 3)
  }

  @Test func `a translation to a page that was replaced is TLB-1`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 3, pfn: 0x1000)
    #expect(domain.enter(1, [3]) == .done)
    entry.pointee = SeptEntry.make(.mapped, pfn: 0x1001)
    #expect(domain.enter(1, [3]) == .done)
    #expect(domain.broken == .tlb1)
  }

  @Test func `a split that keeps the pfns keeps the translations`() throws {
    let domain = try Domain(.huge)
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 512, 2, pfn: 0x4000)
    #expect(domain.enter(1, [512 + 5]) == .done)
    let page = domain.septTable(512, for: 2)
    let table = domain.machine.pointee.arena.table(page)
    for index in 0..<512 { table[index] = SeptEntry.make(.mapped, pfn: 0x4000 + UInt64(index)) }
    entry.pointee = SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(page))
    #expect(domain.enter(1, [512 + 5]) == .done)
    #expect(domain.broken == nil)
    table[5] = SeptEntry.make(.mapped, pfn: 0x4000)
    #expect(domain.enter(1, [512 + 5]) == .done)
    #expect(domain.broken == .tlb1)
  }

  @Test func `a full TLB still translates`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    let gfns = (0..<64).map { Gfn($0) }
    for gfn in gfns { try domain.put(.mapped, gfn, pfn: 0x1000 + gfn) }
    #expect(domain.enter(1, gfns + gfns.reversed()) == .done)
    #expect(domain.broken == nil)
  }

  @Test func `a new TD starts with an empty TLB`() throws {
    let domain = try Domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    #expect(domain.enter(1, [3]) == .done)
    domain.td.pointee.build(domain.task(0))
    #expect(domain.enter(1, [3]) == .violation(3))
    #expect(domain.broken == nil)
  }
}
