/// Policy huge-shared: splits and removals with mmu_lock held either way, what BUSY does to them, and their lock.
import CAtomics
import Machine
import SecureEPT
import TestSupport
import Testing

@Suite struct SharedTests {
  private static func sequence(_ last: Seamcall) -> [Domain.Call] {
    [.init(.rangeBlock, .success), .init(.track, .success), .init(last, .success)]
  }

  private func domain(tasks: Int = 2) throws -> Domain { try Domain(.hugeShared, tasks: tasks) }

  @Test(arguments: [Task.LockMode.read, .write])
  func `a leaf of either size leaves`(mode: Task.LockMode) throws {
    for level in [1, 2] {
      let domain = try domain()
      defer { domain.destroy() }
      let entry = try domain.put(.mapped, 512, level, pfn: 0x4000)
      domain.task(0).drain()
      #expect(domain.set(512, Domain.leaf(0x4000, level), Spte.frozen, level, under: mode) == 0)
      #expect(domain.calls() == Self.sequence(.pageRemove))
      #expect(entry.pointee == SeptEntry.free)
      #expect(domain.broken == nil)
    }
  }

  @Test(arguments: [Task.LockMode.read, .write])
  func `a huge leaf is demoted`(mode: Task.LockMode) throws {
    let domain = try domain()
    defer { domain.destroy() }
    try domain.put(.pending, 512, 2, pfn: 0x4000)
    let table = domain.nonLeaf(512, 2)
    domain.task(0).drain()
    #expect(domain.set(512, Domain.leaf(0x4000, 2), table, 2, under: mode) == 0)
    #expect(domain.calls() == Self.sequence(.pageDemote))
    #expect(domain.state(512, 2) == .nonLeaf && domain.state(600) == .pending)
    #expect(domain.broken == nil)
  }

  @Test func `mmu_lock must be held all the same`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    _ = domain.set(3, Domain.leaf(0x1000), Spte.frozen, 1, under: .none)
    #expect(domain.broken == .lck1)
  }

  @Test func `a table of a running TD is unlinked and freed`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    domain.link(0, downTo: 1)
    let entry = try #require(domain.entry(0, 2))
    let page = PageArena.page(pfn: SeptEntry.pfn(entry.pointee))
    let task = domain.task(0)
    task.drain()
    task.readLock()
    domain.td.tdxSeptFreePrivateSpt(task, page, gfn: 0, level: 1)
    #expect(domain.calls() == Self.sequence(.septRemove))
    task.readUnlock()
    #expect(entry.pointee == SeptEntry.free)
    #expect(domain.machine.pointee.arenaView.headers[Int(page)].state == .free)
    #expect(domain.broken == nil)
  }

  @Test func `a table with children is a bug and is not freed`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    let page = PageArena.page(pfn: SeptEntry.pfn(try #require(domain.entry(0, 2)).pointee))
    domain.task(0).readLock()
    domain.td.tdxSeptFreePrivateSpt(domain.task(0), page, gfn: 0, level: 1)
    #expect(domain.broken == .bug1)
    #expect(domain.seen == "TDH_MEM_SEPT_REMOVE answered TDX_CHILDREN_PRESENT")
    #expect(domain.machine.pointee.arenaView.headers[Int(page)].state != .free)
  }

  @Test func `once the key is gone a table is reclaimed as ever`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    domain.link(0, downTo: 1)
    let page = PageArena.page(pfn: SeptEntry.pfn(try #require(domain.entry(0, 2)).pointee))
    domain.td.pointee.isHkidAssigned = false
    domain.task(0).drain()
    domain.td.tdxSeptFreePrivateSpt(domain.task(0), page, gfn: 0, level: 1)
    #expect(domain.calls() == [.init(.pageReclaim, .success)])
  }

  // MARK: BUSY

  @Test(arguments: [Task.LockMode.read, .write])
  func `an injected BUSY that lasts is answered by keeping vCPUs out`(mode: Task.LockMode) throws {
    let domain = try domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 512, 2, pfn: 0x4000)
    let table = domain.nonLeaf(512, 2)
    domain.task(0).pointee.busyThreshold = .max
    domain.task(0).drain()
    #expect(domain.set(512, Domain.leaf(0x4000, 2), table, 2, under: mode) == 0)
    let twice = Self.sequence(.pageDemote).flatMap { [.init($0.call, .operandBusy), $0] }
    #expect(domain.calls() == twice)
    // Nobody is kept out any more.
    domain.task(1).pointee.busyThreshold = 0
    #expect(domain.enter(1, [512]) == .done)
  }

  /// Holds the tree lock shared at the second point of an AUG by task 1, and calls `body` there.
  private func insideAug(_ domain: Domain, _ body: () -> Void) {
    domain.link(1 << 18, downTo: 1)
    _ = Interruption.at(2, of: domain.task(1), body) {
      domain.td.tdhMemPageAug(domain.task(1), 1 << 18, 1, pfn: 0x9)
    }
  }

  @Test func `a split that cannot block answers EBUSY with nothing changed`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    let entry = try domain.put(.mapped, 512, 2, pfn: 0x4000)
    let before = entry.pointee
    let table = domain.nonLeaf(512, 2)
    insideAug(domain) {
      domain.task(0).drain()
      #expect(domain.set(512, Domain.leaf(0x4000, 2), table, 2, under: .read) == Errno.busy)
      #expect(domain.calls() == [.init(.rangeBlock, .operandBusy), .init(.rangeBlock, .operandBusy)])
    }
    #expect(entry.pointee == before)
    #expect(domain.broken == nil)
    #expect(domain.enter(0, [512]) == .done)
    #expect(domain.set(512, Domain.leaf(0x4000, 2), table, 2, under: .read) == 0)
  }

  @Test func `a removal that cannot block goes on until it can`() throws {
    let domain = try domain(tasks: 3)
    defer { domain.destroy() }
    try domain.put(.mapped, 512, 1, pfn: 0x4000)
    domain.link(1 << 18, downTo: 1)
    let isDone = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    isDone.initialize(to: 0)
    defer { isDone.deallocate() }
    // Task 1 stands inside its AUG until the removal has met it there.
    let remover = Threads(1) { _ in
      #expect(domain.set(512, Domain.leaf(0x4000), Spte.frozen, 1, under: .read) == 0)
      raw_store32(isDone, 1)
    }
    insideAug(domain) {
      #expect(
        eventually { domain.task(0).published(.waiting) >> 56 == Task.Waiting.busySeamcall.rawValue }
          || raw_load32(isDone) != 0)
    }
    remover.join()
    #expect(domain.state(512) == .free)
    #expect(domain.broken == nil)
  }

  // MARK: The lock

  @Test func `two sequences do not interleave`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    for gfn: Gfn in 0..<512 { try domain.put(.mapped, gfn, 1, pfn: 0x4000 + gfn) }
    let removers = Threads(2) { id in
      for gfn in stride(from: Gfn(id), to: 512, by: 2) {
        let task = domain.task(id)
        task.readLock()
        #expect(domain.td.tdxSeptSetPrivateSpte(task, gfn, Domain.leaf(0x4000 + gfn), Spte.frozen, 1) == 0)
        task.readUnlock()
        task.drain()
      }
    }
    removers.join()
    #expect((0..<512 as Range<Gfn>).allSatisfy { domain.state($0) == .free })
    #expect(domain.broken == nil)
  }

  @Test func `who finds the lock taken waits, and gives up once the run is halted`() throws {
    let domain = try domain()
    defer { domain.destroy() }
    try domain.put(.mapped, 3)
    raw_store32(domain.td.pointee.septLock, 1)
    let waiter = Threads(1) { _ in _ = domain.set(3, Domain.leaf(0x1000), Spte.frozen, 1, under: .read) }
    #expect(eventually { domain.task(0).published(.waiting) >> 56 == Task.Waiting.septLock.rawValue })
    #expect(domain.state(3) == .mapped)
    domain.machine.pointee.halt()
    waiter.join()
  }
}
