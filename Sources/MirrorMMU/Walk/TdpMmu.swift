/// The TDP MMU of one VM seen from one task, under one update protocol.
///
/// Two pointers: operations are methods on it, named as in `arch/x86/kvm/mmu/tdp_mmu.c`. Generic over the protocol, so
/// that each variant is compiled into straight calls.
import CAtomics
import Machine
import SecureEPT

package struct TdpMmu<Variant: UpdateProtocol> {
  package let kvm: KvmPointer
  package let task: TaskPointer

  package init(kvm: KvmPointer, task: TaskPointer) {
    self.kvm = kvm
    self.task = task
  }

  @inline(__always) func isMutant(_ mutant: MutantSet) -> Bool { kvm.pointee.mutants.rawValue & mutant.rawValue != 0 }

  @inline(__always) func header(_ page: UInt32) -> UnsafeMutablePointer<PageHeader> {
    task.pointee.machine.pointee.arenaView.headers + Int(page)
  }

  /// `sptep_to_sp()`
  @inline(__always) func header(of sptep: SptePointer) -> UnsafeMutablePointer<PageHeader> {
    let arena = task.pointee.machine.pointee.arenaView
    return arena.headers + Int(arena.index(of: sptep))
  }

  /// `is_mirror_sptep()`
  @inline(__always) package func isMirror(_ sptep: SptePointer) -> Bool { header(of: sptep).pointee.kind == .mirror }

  /// `kvm_update_page_stats()`
  @inline(__always) func updatePageStatistics(_ level: Int, _ change: Int64) {
    task.pointee.pageStatistics[level] &+= change
  }

  /// Hands an unlinked table to RCU, as `call_rcu(&sp->rcu_head, tdp_mmu_free_sp_rcu_callback)` does.
  func retire(_ page: UInt32) {
    if _slowPath(isMutant(.earlyFree)) { return task.freeTable(page) }
    task.callRcu(page)
    if _slowPath(isMutant(.doubleFree)) { task.callRcu(page) }
  }

  /// `tdp_mmu_alloc_sp()` and `tdp_mmu_init_child_sp()`, with the external table if the parent is a mirror's.
  /// - Returns: 0 if there is no memory.
  func allocChild(_ iter: borrowing TdpIter) -> UInt32 {
    let kind = header(of: iter.sptep).pointee.kind
    let gfn = iter.gfn
    let page = task.allocateTable(kind: kind, level: iter.level - 1, gfn: gfn, fill: Spte.nonpresent)
    guard page != 0 else { return 0 }
    header(page).pointee.parent = iter.sptep
    if kind == .mirror {
      let external = task.allocateTable(kind: .external, level: iter.level - 1, gfn: gfn, fill: SeptEntry.free)
      guard external != 0 else {
        task.freeTable(page)
        return 0
      }
      header(page).pointee.externalPage = external
    }
    return page
  }

  /// `tdp_mmu_free_unused_sp()`: the table was never linked, nobody can hold it.
  func freeUnused(_ page: UInt32) {
    let external = header(page).pointee.externalPage
    if external != 0 { task.freeTable(external) }
    task.freeTable(page)
  }

  /// `make_nonleaf_spte()`
  @inline(__always) func makeNonleafSpte(_ page: UInt32) -> UInt64 {
    Spte.mmuPresent | Spte.rwx | Spte.accessed | (PageArena.pfn(page) << 12)
  }

  /// `make_spte()`: a leaf that maps `gfn` at `level`, writable, young and dirty.
  @inline(__always) func makeSpte(_ gfn: Gfn, _ level: Int, isPrivate: Bool) -> UInt64 {
    let pfn = kvm.pointee.pfn(Spte.round(gfn, level), isPrivate: isPrivate)
    let size = level > 1 ? Spte.pageSize : 0
    return Spte.mmuPresent | Spte.rwx | Spte.accessed | Spte.dirty | Spte.hostWritable | Spte.mmuWritable | size
      | (pfn << 12)
  }

  /// `kvm_mmu_max_mapping_level()` of shared memory: may a 2M page map `gfn`'s region?
  ///
  /// The attributes say no where private gfns are mixed in. The host's page tables say no while part of the region is
  /// being unmapped: the host splits its own huge page first. While all of it is being unmapped they still say yes in
  /// the kernel, so that a recovery and a split within one yield of that unmap bring back what it had zapped; the
  /// mutant `recover-invalidated` shows it, and the model as such has the answer that is safe.
  @inline(__always) func allowsSharedHuge(_ gfn: Gfn) -> Bool {
    guard kvm.pointee.attributes.allowsHuge(gfn, isPrivate: false) else { return false }
    return !kvm.pointee.invalidation.touchesRegion(of: gfn) || isMutant(.recoverInvalidated)
  }

  // MARK: Yielding

  /// `tdp_mmu_iter_need_resched()`
  @inline(__always) func iterNeedResched(_ iter: borrowing TdpIter) -> Bool {
    guard task.needResched() || task.rwlockNeedbreak() else { return false }
    return iter.nextLastLevelGfn != iter.yieldedGfn
  }

  /// `tdp_mmu_iter_cond_resched()`: if it yields, the walk restarts at its next step.
  @inline(__always) func iterCondResched(_ iter: inout TdpIter) -> Bool {
    guard iterNeedResched(iter) else { return false }
    task.rcuReadUnlock()
    task.condReschedRwlock()
    task.rcuReadLock()
    iter.yielded = true
    return true
  }
}
