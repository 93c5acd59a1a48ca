import CKernelABI
import CKernelHost
import Testing

/// Each operation of the ABI on an unmodified kernel, one task, no races.
@Suite(.enabled(if: !Trees.builds.isEmpty, "no kernel tree: scripts/kernel-tree brings one"))
struct OperationTests {
  @Test(arguments: Trees.builds)
  func `a private fault links tables and maps the page, each SPTE frozen around its SEAMCALL`(_ build: Trees.Build)
    throws
  {
    let rig = try Rig(build)
    #expect(rig.fault(5).result == STRESS_FAULT_FIXED)
    #expect(rig.seamcalls == [Leaf.septAdd, Leaf.septAdd, Leaf.septAdd, Leaf.pageAug])
    let relevant = rig.events.filter { $0.kind == KHOST_SEAMCALL.rawValue || $0.kind == KHOST_ACCESS.rawValue }
    try #require(relevant.count == 12)
    for step in 0..<4 {
      let (freeze, call, thaw) = (relevant[3 * step], relevant[3 * step + 1], relevant[3 * step + 2])
      #expect(freeze.kind == KHOST_ACCESS.rawValue && freeze.value == frozen)
      #expect(call.kind == KHOST_SEAMCALL.rawValue)
      #expect(thaw.old == frozen && thaw.value & 1 << 11 != 0)
    }
    #expect(rig.walk(5).map(\.level) == [4, 3, 2, 1])
    #expect(try #require(rig.leaf(5)) >> 12 & 0xff_ffff == 5)
    #expect(rig.septState(5) == KHOST_SEPT_MAPPED)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a second fault on a mapped page is spurious and calls no one`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.fault(5)
    rig.clearEvents()
    #expect(rig.fault(5).result == STRESS_FAULT_SPURIOUS)
    #expect(rig.seamcalls.isEmpty)
  }

  @Test(arguments: Trees.builds)
  func `a zap blocks, tracks, removes and writes back, in that order`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.fault(5)
    rig.clearEvents()
    #expect(rig.unmap(5..<6))
    #expect(rig.seamcalls == [Leaf.rangeBlock, Leaf.track, Leaf.pageRemove, Leaf.wbinvd])
    #expect(rig.leaf(5) == nil)
    #expect(rig.septState(5) == KHOST_SEPT_FREE)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `zap_leafs takes both roots' leaves and leaves their tables`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.fault(5)
    let tables = rig.statistics.tables
    #expect(rig.zapLeafs(0..<512))
    #expect(rig.leaf(5) == nil && rig.statistics.pages.0 == 0 && rig.statistics.tables == tables)
  }

  @Test(arguments: Trees.builds)
  func `a busy SEPT.ADD makes the fault retry and leaves the old entry`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.makeBusy(Leaf.septAdd, 1)
    #expect(rig.fault(5).result == STRESS_FAULT_RETRY)
    #expect(rig.walk(5).map(\.value) == [1 << 63])
    #expect(rig.fault(5).result == STRESS_FAULT_FIXED)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a busy BLOCK kicks the vCPUs and is tried once more`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.fault(5)
    rig.clearEvents()
    rig.makeBusy(Leaf.rangeBlock, 1)
    rig.unmap(5..<6)
    #expect(rig.seamcalls == [Leaf.rangeBlock, Leaf.rangeBlock, Leaf.track, Leaf.pageRemove, Leaf.wbinvd])
    #expect(rig.events.filter { $0.kind == KHOST_REQUEST.rawValue }.count == 2)
    #expect(!rig.kernel.waits_for_sept_zap(rig.world))
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `initial pages are added, not augmented`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.destroyVM()
    rig.createVM()
    rig.clearEvents()
    #expect(rig.kernel.populate(rig.task, 0, 7, 7) == 0)
    #expect(rig.seamcalls.last == Leaf.pageAdd)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `memory converted to shared is mapped huge, split and recovered`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.convert(512..<1024)
    #expect(!rig.kernel.is_private(rig.world, 700) && rig.kernel.is_private(rig.world, 1024))
    let fault = rig.fault(700, isPrivate: false)
    #expect(fault.result == STRESS_FAULT_FIXED && fault.level == 2)
    #expect(rig.statistics.pages.1 == 1)
    rig.kernel.split(rig.task, 512, 1024, 1, true)
    #expect(rig.statistics.pages.0 == 512 && rig.statistics.pages.1 == 0)
    rig.kernel.recover_huge(rig.task, 512, 1024)
    #expect(rig.statistics.pages.0 == 0 && rig.statistics.pages.1 == 1)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `half a region that was converted is mapped by small pages`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.convert(512..<768)
    #expect(rig.fault(600, isPrivate: false).level == 1)
    #expect(rig.fault(800).level == 1)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `aging clears accessed bits once`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.convert(512..<1024)
    rig.fault(700, isPrivate: false)
    #expect(rig.age(512..<1024, testOnly: true))
    #expect(rig.age(512..<1024))
    #expect(!rig.age(512..<1024, testOnly: true))
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a write-protected page is made writable again without mmu_lock`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.convert(512..<1024)
    rig.fault(700, isPrivate: false)
    #expect(rig.wrprot(512..<1024))
    #expect(try #require(rig.leaf(700, isPrivate: false)) & 2 == 0)
    rig.clearEvents()
    #expect(rig.fault(700, isPrivate: false, present: true).result == STRESS_FAULT_FIXED)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & 2 != 0)
    #expect(rig.events.allSatisfy { $0.kind != KHOST_LOCK.rawValue })
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `clearing dirty bits of a slot and of a mask`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    let dirty: UInt64 = 1 << 9
    rig.convert(512..<1024)
    _ = rig.kernel.log_dirty(rig.task, true)
    rig.fault(700, isPrivate: false)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & dirty != 0)
    rig.kernel.clear_dirty(rig.task, 512, 1024)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & dirty == 0)
    rig.kernel.clear_dirty_masked(rig.task, 640, 1 << 60, true)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & 2 == 0)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `logging splits and protects what is mapped, marks what is written, and ends with huge pages`(
    _ build: Trees.Build
  ) throws {
    let rig = try Rig(build)
    rig.convert(512..<1024)
    #expect(rig.fault(700, isPrivate: false).level == 2)
    #expect(rig.kernel.log_dirty(rig.task, true) && !rig.kernel.log_dirty(rig.task, true))
    #expect(rig.kernel.logs_dirty(rig.world))
    #expect(rig.walk(700, isPrivate: false).count == 4)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & 2 == 0 && !rig.kernel.is_dirty(rig.world, 700))
    #expect(rig.fault(700, isPrivate: false, present: true).result == STRESS_FAULT_FIXED)
    rig.fault(701, isPrivate: false)
    #expect(rig.kernel.is_dirty(rig.world, 700) && rig.kernel.is_dirty(rig.world, 701))
    #expect(rig.kernel.collect_dirty(rig.task, 512, 1024) && !rig.kernel.collect_dirty(rig.task, 512, 1024))
    #expect(!rig.kernel.is_dirty(rig.world, 700))
    #expect(try #require(rig.leaf(701, isPrivate: false)) & 2 == 0)
    #expect(rig.kernel.log_dirty(rig.task, false) && !rig.kernel.logs_dirty(rig.world))
    #expect(rig.walk(700, isPrivate: false).count == 3)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a processor sets A, and D where it may write, and nothing where it may not`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    let (accessed, dirty): (UInt64, UInt64) = (1 << 8, 1 << 9)
    func touch(write: Bool) -> Int { Int(rig.kernel.touch(rig.task, 0, 700, write)) }
    rig.convert(512..<1024)
    #expect(touch(write: false) == STRESS_TOUCH_FAULT)
    rig.fault(700, isPrivate: false)
    #expect(touch(write: true) == STRESS_TOUCH_KEPT)
    rig.kernel.clear_dirty(rig.task, 512, 1024)
    _ = rig.kernel.age(rig.task, 512, 1024, UInt32(STRESS_FILTER_SHARED), false)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & (accessed | dirty) == 0)
    #expect(touch(write: false) == STRESS_TOUCH_SET)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & (accessed | dirty) == accessed)
    #expect(touch(write: true) == STRESS_TOUCH_SET)
    #expect(try #require(rig.leaf(700, isPrivate: false)) & dirty == dirty)
    rig.clearEvents()
    rig.wrprot(512..<1024)
    #expect(touch(write: true) == STRESS_TOUCH_FAULT && touch(write: false) == STRESS_TOUCH_KEPT)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a kernel that proves its MMU zaps a root by whole subtrees`(_ build: Trees.Build) throws {
    let steps = try [true, false].map { provesMmu in
      var options = Rig.options
      options.proves_mmu = provesMmu
      let rig = try Rig(build, options)
      rig.convert(512..<1024)
      rig.fault(700, isPrivate: false)
      let before = rig.points
      rig.kernel.zap_all_fast(rig.task)
      #expect(rig.violation == nil)
      return rig.points - before
    }
    #expect(steps[0] < steps[1])
  }

  @Test(arguments: Trees.builds)
  func `an executable fault is mapped small, and NX recovery takes it back`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.convert(512..<1024)
    #expect(rig.fault(700, isPrivate: false, write: false, exec: true).level == 1)
    #expect(rig.statistics.nx_splits == 1)
    rig.kernel.recover_nx(rig.task, 1)
    #expect(rig.statistics.nx_splits == 0 && rig.leaf(700, isPrivate: false) == nil)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a fast zap invalidates the direct root, and the vCPU loads another`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.convert(512..<1024)
    rig.fault(700, isPrivate: false)
    rig.kernel.zap_all_fast(rig.task)
    #expect(rig.roots.filter(\.is_invalid).count == 1)
    for vcpu in 0..<UInt32(2) { #expect(rig.reload(vcpu)) }
    #expect(rig.roots.count == 2 && rig.roots.allSatisfy { !$0.is_invalid && $0.references == 3 })
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `the end of the VM gives back every page, with the key released in between`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    for gfn: UInt64 in [5, 600, 1500] { rig.fault(gfn) }
    rig.convert(2048..<2560)
    rig.fault(2100, isPrivate: false)
    rig.clearEvents()
    rig.destroyVM()
    let calls = rig.seamcalls
    let freed = try #require(calls.firstIndex(of: Leaf.keyFreeid))
    #expect(!calls[freed...].contains(Leaf.pageRemove) && !calls[..<freed].contains(Leaf.reclaim))
    #expect(calls.filter { $0 == Leaf.pageRemove }.count == 3)
    #expect(rig.livePages == 0 && rig.liveObjects == 0)
    #expect(rig.septTables == 0)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `a walk that is asked to yield gives mmu_lock up and comes back`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    for gfn: UInt64 in 0..<64 { rig.fault(gfn) }
    rig.clearEvents()
    rig.askEvery(7)
    rig.unmap(0..<64, mayBlock: true)
    #expect(rig.events.filter { $0.kind == KHOST_LOCK.rawValue }.count > 4)
    #expect((0..<64).allSatisfy { rig.leaf($0) == nil })
    #expect(rig.violation == nil)
  }
}
