import CKernelABI
import CKernelHost
import Foundation
import KernelMMU
import TestSupport
import Testing

/// What the host is told, and when: the schedule points, and the kernel's own assertions.
@Suite(.enabled(if: !Trees.builds.isEmpty, "no kernel tree: scripts/kernel-tree brings one"), .serialized)
struct BoundaryTests {
  /// Linked tables are inaccessible but for the page that the last schedule point named.
  @Test(arguments: Trees.builds)
  func `no linked table is touched without a schedule point for it`(_ build: Trees.Build) throws {
    var options = Rig.options
    options.guards_tables = true
    let rig = try Rig(build, options)
    exercise(rig)
    rig.destroyVM()
    #expect(rig.unannounced == 0)
    #expect(rig.misplaced == 0)
    #expect(rig.points > 1000)
    #expect(rig.violation == nil)
  }

  @Test(.enabled(if: !Trees.present.isEmpty))
  func `a read that bypasses READ_ONCE is noticed`() throws {
    let scratch = try OwnedScratch()
    let tree = try Trees.copy(to: scratch.folder)
    try Trees.edit(tree, "arch/x86/kvm/mmu/tdp_iter.h") {
      $0.replacing("return READ_ONCE(*rcu_dereference(sptep));", with: "return *rcu_dereference(sptep);")
    }
    let built = try KernelBuilder(tree: tree, cache: scratch.folder.appendingPathComponent("cache")).build()
    var options = Rig.options
    options.guards_tables = true
    let rig = try Rig(LoadedKernel(built), options)
    exercise(rig)
    #expect(rig.unannounced > 0)

    // Built with plain accesses, the same read is announced.
    let plain = try KernelBuilder(
      tree: tree, cache: scratch.folder.appendingPathComponent("cache"), plainAccesses: true
    ).build()
    let instrumented = try Rig(LoadedKernel(plain), options)
    exercise(instrumented)
    #expect(instrumented.unannounced == 0)
  }

  /// Whatever a thread ran last may be gone by the time that it opens the object once more.
  @Test(.enabled(if: !Trees.present.isEmpty))
  func `opening an object again is not part of the task that ran before`() throws {
    let scratch = try OwnedScratch()
    let built = try KernelBuilder(
      tree: Trees.copy(to: scratch.folder), cache: scratch.folder.appendingPathComponent("cache"), plainAccesses: true
    ).build()
    let rig = try Rig(LoadedKernel(built))
    exercise(rig)
    let before = rig.points
    _ = try LoadedKernel(built)
    #expect(rig.points == before)
  }

  /// Anything else would be carried from one schedule into the next.
  @Test(arguments: Trees.builds)
  func `no global changes once the object is open`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    let before = rig.globals
    exercise(rig)
    rig.destroyVM()
    #expect(rig.globals == before)
  }

  /// A suspicion about the kernel, reachable by nothing today: the mirror root is not left out.
  @Test(arguments: Trees.builds)
  func `write-protecting a mirror root removes pages under the read lock, which its assertions tell`(
    _ build: Trees.Build
  ) throws {
    let rig = try Rig(build)
    rig.fault(5)
    rig.clearEvents()
    rig.wrprot(0..<512)
    #expect(try #require(rig.violation).contains("tdx.c"))
    #expect(rig.leaf(5) != nil && rig.septState(5) == KHOST_SEPT_FREE)
  }

  @Test(arguments: Trees.builds)
  func `a walk from outside passes no schedule point`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.fault(5)
    let before = rig.points
    #expect(rig.walk(5).count == 4)
    _ = rig.statistics
    #expect(rig.points == before)
  }

  @Test(arguments: Trees.builds)
  func `a failed assertion names the user's file, function and condition`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    _ = rig.kernel.log_dirty(rig.task, true)
    rig.kernel.recover_huge(rig.task, 0, 512)
    #expect(
      rig.violation == "arch/x86/kvm/mmu/tdp_mmu.c recover_huge_pages_range: "
        + "WARN_ON(kvm_slot_dirty_track_enabled(slot))")
  }

  @Test(arguments: Trees.builds)
  func `an assertion in an extracted function names the file it came from`(_ build: Trees.Build) throws {
    let rig = try Rig(build)
    rig.fault(5)
    rig.makeBusy(Leaf.pageRemove, 2)
    rig.unmap(5..<6)
    let violation = try #require(rig.violation)
    #expect(violation.hasPrefix("arch/x86/kvm/vmx/tdx.c tdx_sept_remove_leaf_spte: "))
  }

  @Test(arguments: Trees.builds)
  func `every step is somebody's code, by function, file and line`(_ build: Trees.Build) throws {
    let symbols = KernelSymbols(try Kernels.load(build))
    let rig = try Rig(build)
    rig.fault(5)
    let functions = symbols.functions(rig.events.compactMap(\.where).map { UInt(bitPattern: $0) })
    #expect(functions.count > 10)
    let named = functions.compactMap { $0 }
    #expect(named.count == functions.count)
    #expect(named.contains { $0.function == "__tdp_mmu_set_spte_atomic" && $0.file == "arch/x86/kvm/mmu/tdp_mmu.c" })
    #expect(named.contains { $0.function == "kvm_tdp_mmu_page_fault" && $0.file == "arch/x86/kvm/mmu/mmu.c" })
    #expect(named.contains { $0.function == "tdh_mem_page_aug" && $0.file == "arch/x86/virt/vmx/tdx/tdx.c" })
  }

  @Test func `both compilers make a kernel that does the same`() throws {
    for version in Trees.present where Trees.compilers.count > 1 {
      let traces = try Trees.compilers.map { compiler in
        let rig = try Rig(Trees.Build(version: version, compiler: compiler))
        exercise(rig)
        return rig.events.map { [UInt64($0.kind), UInt64($0.what), $0.gfn, $0.old, $0.value] } + [
          [rig.points]
        ]
      }
      #expect(traces[0].count > 100 && traces.dropFirst().allSatisfy { $0 == traces[0] })
    }
  }

  @Test(arguments: Trees.builds)
  func `eight threads break no rule and leave nothing behind`(_ build: Trees.Build) throws {
    var options = Rig.options
    options.tasks = 8
    options.arena_pages = 1 << 16
    options.stops_at_points = false
    options.logs = false
    let rig = try Rig(build, options)
    let figures = rig.runThreads(0.5)
    #expect(figures.operations > 0)
    #expect(rig.violation == nil)
    rig.destroyVM()
    #expect(rig.violation == nil)
    #expect(rig.livePages == 0 && rig.septTables == 0)
  }

  private func exercise(_ rig: Rig) {
    for gfn: UInt64 in [0, 5, 511, 1500] { rig.fault(gfn) }
    rig.convert(512..<1024)
    rig.fault(700, isPrivate: false)
    rig.kernel.split(rig.task, 512, 1024, 1, false)
    rig.age(512..<1024)
    rig.wrprot(512..<1024)
    rig.fault(700, isPrivate: false, present: true)
    _ = rig.kernel.write_protect_gfn(rig.task, 701, 1)
    rig.kernel.clear_dirty(rig.task, 512, 1024)
    rig.kernel.recover_huge(rig.task, 512, 1024)
    rig.unmap(512..<1024, STRESS_FILTER_SHARED | STRESS_FILTER_PRIVATE, mayBlock: true)
    rig.fault(702, isPrivate: false, write: false, exec: true)
    rig.kernel.recover_nx(rig.task, 1)
    rig.fault(703, isPrivate: false)
    rig.kernel.zap_all_fast(rig.task)
    _ = rig.kernel.reload(rig.task, 0)
    rig.zapLeafs(0..<2048)
  }
}
