/// A VM that was raced over and put back: equal to what it was in all there is to see, as often as one likes.
import CAtomics
import Machine
import MirrorMMU
import SecureEPT
import Testing

@Suite struct RestoreTests {
  @Test(arguments: Policy.allCases, [UInt64(1), 2, 3])
  func `whatever was done, a restored world is what it was`(policy: Policy, seed: UInt64) throws {
    let world = try World(policy)
    world.build(populated: World.faults(40, seed: seed), seed: seed)
    let before = world.observation
    for round in 0..<40 as Range<UInt64> {
      world.perform(World.requests(15, seed: seed &* 1000 &+ round))
      #expect(world.observation != before)
      #expect(world.foundAtRest == nil)
      world.snapshot.restore()
      let restored = world.observation
      guard restored == before else {
        Issue.record("round \(round) was not undone: \(zip(before, restored).prefix { $0 == $1 }.count)")
        return
      }
    }
    let met = (0..<World.tasks).map { world.task($0).pointee.coverage[Int(Coverage.busyRestored.rawValue)] }
    #expect(met.reduce(0, +) > 0)
    #expect(world.foundAtRest == nil)
  }

  @Test(arguments: Policy.allCases, [UInt64(1), 2, 3])
  func `the same operations lead to the same events, tables, pages and statistics`(policy: Policy, seed: UInt64) throws
  {
    let world = try World(policy)
    world.build(populated: World.faults(20, seed: seed), seed: seed)
    let requests = World.requests(12, seed: seed)
    var ends: [[UInt64]] = []
    for round in 0..<3 as Range<UInt64> {
      world.perform(requests)
      ends.append(world.observation)
      #expect(world.foundAtRest == nil)
      world.snapshot.restore()
      world.perform(World.requests(9, seed: 77 &+ round))
      world.snapshot.restore()
    }
    #expect(ends[0] == ends[1] && ends[1] == ends[2])
  }

  @Test(arguments: [Mutant.stayFrozen, .noRestore, .doublePropagate, .statsEarly])
  func `a broken rule is forgotten and found again`(mutant: Mutant) throws {
    let world = try World(mutant: mutant)
    world.build()
    let before = world.observation
    var found: [CheckerID?] = []
    for round in 0..<200 as Range<UInt64> {
      // The same requests twice; then the next.
      for request in World.requests(9, seed: round >> 1) where world.violation == nil {
        world.perform(Int(request.draw % 3), request)
      }
      found.append(world.violation?.checker ?? world.foundAtRest)
      world.snapshot.restore()
      #expect(world.violation == nil && !world.task(0).isHalted)
      #expect(world.observation == before)
    }
    let pairs = stride(from: 0, to: found.count, by: 2).map { (found[$0], found[$0 + 1]) }
    #expect(pairs.allSatisfy { $0.0 == $0.1 })
    #expect(found.contains { $0 != nil } && found.contains { $0 == nil })
  }

  @Test(arguments: Policy.allCases)
  func `a restored world ends without a leak, before and after another end`(policy: Policy) throws {
    let world = try World(policy)
    world.build(populated: World.faults(30, seed: 4))
    let before = world.observation
    for round in 0..<10 as Range<UInt64> {
      world.perform(World.requests(9, seed: round))
      #expect(world.foundAtRest == nil)
      #expect(world.tearDown() == nil)
      #expect((0..<World.tasks).reduce(0) { $0 + world.task($1).pointee.liveTables } == 0)
      world.snapshot.restore()
      #expect(world.observation == before)
    }
    #expect(world.tearDown() == nil)
  }

  @Test func `what the checkers remember of an execution ends with it`() throws {
    let world = try World()
    let fault = Request(operation: .fault, range: 5..<6, draw: 0)
    world.build(populated: [Request(operation: .fault, range: 0..<1, draw: 0)])
    // A fault that is on record in one execution only, and a zap.
    world.perform(0, fault)
    world.perform(1, Request(operation: .zap, range: 0..<1, draw: 0))
    #expect(world.foundAtRest == nil)
    world.snapshot.restore()
    // Without either, the first mapping is there and the second is missed by nobody.
    #expect(world.foundAtRest == nil)
    // The record of the first is still there: it is missed when it goes without a zap.
    let task = world.task(0)
    task.writeLock()
    let mirror = leaf(world, world.subject.kvm.pointee.mirrorRoot, 0)
    task.writeSpte(mirror, Spte.nonpresent)
    _ = world.subject.td.tdhMemRangeBlock(task, 0, 1, injectable: false)
    _ = world.subject.td.tdhMemTrack(task, injectable: false)
    _ = world.subject.td.tdhMemPageRemove(task, 0, 1, injectable: false)
    task.pointee.pageStatistics[1] -= 1
    task.pointee.drained = task.pointee.head
    #expect(world.foundAtRest == .map1)
  }

  @Test func `a page that was blocked and not removed is mapped again`() throws {
    let world = try World()
    world.build(populated: [Request(operation: .fault, range: 0..<1, draw: 0)])
    let before = world.observation
    let task = world.task(0)
    #expect(world.subject.td.tdhMemRangeBlock(task, 0, 1, injectable: false) == .success)
    #expect(world.observation != before)
    world.snapshot.restore()
    #expect(world.observation == before)
  }

  @Test func `a vCPU forgets the translations of another execution`() throws {
    let world = try World()
    world.build()
    let requests = [
      Request(operation: .fault, range: 0..<1, draw: 0), Request(operation: .guest, range: 0..<1, draw: 1),
    ]
    for id in 0..<World.tasks { world.task(id).pointee.busyThreshold = 0 }
    world.snapshot.take()
    world.perform(requests)
    let accepted = world.observation
    world.snapshot.restore()
    // What it found in its TLB it would not accept.
    world.perform(requests)
    #expect(world.observation == accepted)
  }

  @Test func `all of a table that a split has filled is looked at`() throws {
    let world = try World(.huge)
    world.build(populated: [Request(operation: .fault, range: 1024..<1025, draw: 0)])
    let tables = { (0..<world.machine.pointee.arena.highWater).map { world.header($0) }.filter { $0.level == 1 } }
    #expect(tables().isEmpty)
    world.perform(0, Request(operation: .splitExclusive, range: 1024..<1536, draw: 0))
    #expect(tables().map(\.kind) == [.mirror, .external])
    for page in 1..<UInt32(world.machine.pointee.arena.highWater) where world.header(Int(page)).level == 1 {
      #expect(world.machine.pointee.linesInUse(page) == .max)
    }
    #expect(world.foundAtRest == nil)
  }

  /// The entry of level 1 for a gfn, which has a table.
  private func leaf(_ world: World, _ root: UInt32, _ gfn: Gfn) -> SptePointer {
    var page = root
    for level in stride(from: Spte.maxLevel, to: 1, by: -1) {
      page = PageArena.page(pfn: Spte.pfn(world.machine.pointee.arena.table(page)[Spte.index(gfn, level)]))
    }
    return world.machine.pointee.arena.table(page) + Spte.index(gfn, 1)
  }

  @Test(arguments: [Gfn(1), 8, 100, 511], [true, false])
  func `an entry of a line that nobody had written is looked at once someone has`(gfn: Gfn, restores: Bool) throws {
    let world = try World()
    world.build(populated: [Request(operation: .fault, range: 0..<1, draw: 0)])
    if restores { world.snapshot.restore() }
    let task = world.task(0)
    let entry = leaf(world, world.subject.kvm.pointee.mirrorRoot, gfn)
    // Only the S-EPT maps it; then the mirror as well, in no statistics; then it is frozen.
    task.readLock()
    #expect(world.subject.td.tdhMemPageAug(task, gfn, 1, pfn: gfn) == .success)
    task.pointee.drained = task.pointee.head
    #expect(world.foundAtRest == .eq1)
    world.machine.pointee.reports.reset()
    world.machine.pointee.clearHalt()
    task.writeSpte(entry, Spte.mmuPresent | Spte.rwx | (gfn << 12))
    task.pointee.drained = task.pointee.head
    #expect(world.foundAtRest == .cnt1)
    world.machine.pointee.reports.reset()
    world.machine.pointee.clearHalt()
    task.writeSpte(entry, Spte.frozen)
    task.pointee.drained = task.pointee.head
    #expect(world.foundAtRest == .frz1)
    world.snapshot.restore()
    #expect(world.foundAtRest == nil)
  }

  @Test(arguments: Policy.allCases)
  func `after a reset a VM with other memory is what it is in a world of its own`(policy: Policy) throws {
    let world = try World(policy)
    world.build(populated: World.faults(30, seed: 1))
    world.perform(World.requests(20, seed: 1))
    for regions in [1, 3, 16, 5] {
      world.snapshot.reset()
      let fresh = try World(policy, regions: regions)
      let requests = World.requests(15, regions: regions, seed: 8)
      for world in [world, fresh] {
        world.build(regions: regions, populated: World.faults(12, regions: regions, seed: 5))
        world.perform(requests)
        #expect(world.foundAtRest == nil)
      }
      #expect(world.observation == fresh.observation)
      #expect(world.tearDown() == nil)
    }
  }

  @Test func `a guest never gets more memory than its world has room for`() throws {
    let world = try World(regions: 4)
    world.build(regions: 9)
    #expect(world.subject.kvm.pointee.guestPages == 4 * 512)
    #expect(world.foundAtRest == nil)
  }
}
