/// The steps that all protocols share: writing under the exclusive lock, and taking down a removed table.
import CAtomics
import Machine
import SecureEPT

extension TdpMmu {
  /// `__tdp_mmu_set_spte_atomic()`: one cmpxchg, no side effect if it loses.
  @inline(__always) package func cmpxchgSpte(_ iter: inout TdpIter, _ newSpte: UInt64) -> Bool {
    task.bugOn(
      iter.yielded || Spte.isFrozen(iter.oldSpte),
      "WARN_ON_ONCE(iter->yielded || is_frozen_spte(iter->old_spte)) in __tdp_mmu_set_spte_atomic()", gfn: iter.gfn,
      level: iter.level)
    if _slowPath(isMutant(.staleRetry)) {
      var copy = iter.oldSpte
      return task.tryCmpxchgSpte(iter.sptep, &copy, newSpte)
    }
    return task.tryCmpxchgSpte(iter.sptep, &iter.oldSpte, newSpte)
  }

  /// The mirror half of `tdp_mmu_set_spte_atomic()` as a mutant has it. Out of the way of what is right.
  @inline(never) func setMirrorSpteByMutant(_ iter: inout TdpIter, _ newSpte: UInt64) -> Int32
  where Variant == Mainline {
    guard let step = kvm.pointee.mirrorStep else { return Errno.io }
    return step.pointee(self, &iter, newSpte)
  }

  /// A non-mirror SPTE changes by one cmpxchg.
  @inline(__always) package func setDirectSpteAtomic(_ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    guard cmpxchgSpte(&iter, newSpte) else { return Errno.busy }
    handleChangedSpte(SpteChange(iter, newSpte, isMirror: isMirror(iter.sptep)))
    return 0
  }

  /// The mirror half of `tdp_mmu_set_spte_atomic()` where one place propagates.
  ///
  /// Frozen until the external operation has completed, so that no concurrent fault installs a child in the external
  /// table before the parent is there.
  @inline(__always) package func setMirrorSpteAtomic(_ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    let change = SpteChange(iter, newSpte, isMirror: true)
    guard cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
    return thaw(change, iter.sptep, Variant.handleChangedSpte(self, change))
  }

  /// Ends a freeze. If the external table refused, the old value is restored: nothing stays frozen in perpetuity.
  @inline(__always) package func thaw(_ change: SpteChange, _ sptep: SptePointer, _ result: Int32) -> Int32 {
    task.writeSpte(sptep, result == 0 ? change.new : change.old)
    if result == Errno.busy { task.count(.busyRestored) }
    return result
  }

  @inline(__always) package func warnOnFrozen(_ iter: borrowing TdpIter, _ newSpte: UInt64) {
    task.bugOn(
      Spte.isFrozen(newSpte), "KVM_MMU_WARN_ON(is_frozen_spte(new_spte)) in tdp_mmu_set_spte_atomic()", gfn: iter.gfn,
      level: iter.level)
  }

  /// `tdp_mmu_set_spte_atomic()`
  /// - Returns: true if the SPTE was changed.
  @inline(__always) func setSpteAtomic(_ iter: inout TdpIter, _ newSpte: UInt64) -> Bool {
    task.lockdepAssertHeldRead(gfn: iter.gfn, level: iter.level)
    let result = Variant.setSpteAtomic(self, &iter, newSpte)
    if result != 0 { task.pointee.sawRetry = true }
    return result == 0
  }

  /// `kvm_tdp_mmu_write_spte()`: atomically if the entry has bits that change outside mmu_lock.
  /// - Returns: the value that was overwritten.
  @inline(__always) func writeSpte(_ sptep: SptePointer, _ old: UInt64, _ new: UInt64, _ level: Int) -> UInt64 {
    if Spte.isLeaf(old, level) && Spte.needsAtomicUpdate(old) && !isMutant(.plainZap) {
      return task.xchgSpte(sptep, new)
    }
    task.writeSpte(sptep, new)
    return old
  }

  /// `tdp_mmu_set_spte()` and `tdp_mmu_iter_set_spte()`: under mmu_lock held for write, the new value first.
  @inline(__always) func iterSetSpte(_ iter: inout TdpIter, _ newSpte: UInt64) {
    task.lockdepAssertHeldWrite(gfn: iter.gfn, level: iter.level)
    task.bugOn(
      iter.yielded, "WARN_ON_ONCE(iter->yielded) in tdp_mmu_iter_set_spte()", gfn: iter.gfn, level: iter.level)
    task.bugOn(
      Spte.isFrozen(iter.oldSpte) || Spte.isFrozen(newSpte),
      "WARN_ON_ONCE(is_frozen_spte(old_spte) || is_frozen_spte(new_spte)) in tdp_mmu_set_spte()", gfn: iter.gfn,
      level: iter.level)
    iter.oldSpte = writeSpte(iter.sptep, iter.oldSpte, newSpte, iter.level)
    let change = SpteChange(
      isMirror: isMirror(iter.sptep), gfn: iter.gfn, old: iter.oldSpte, new: newSpte, level: iter.level, shared: false)
    handleChangedSpte(change)
    Variant.finishSetSpte(self, change)
  }

  /// `handle_changed_spte()`: the callers that cannot handle a failure.
  @inline(__always) package func handleChangedSpte(_ change: SpteChange) {
    let result = Variant.handleChangedSpte(self, change)
    task.bugOn(
      result != 0, "KVM_BUG_ON(__handle_changed_spte()) in handle_changed_spte()", gfn: change.gfn,
      level: change.level)
  }

  /// The checks at the head of `__handle_changed_spte()` that every variant has.
  /// - Returns: false if there is nothing left to do.
  @inline(__always) package func checkChange(_ change: SpteChange) -> Bool {
    let level = change.level
    task.bugOn(
      change.gfn & (Spte.pages(level) - 1) != 0, "WARN_ON_ONCE(gfn not aligned) in __handle_changed_spte()",
      gfn: change.gfn, level: level)
    task.bugOn(
      Spte.isLeaf(change.old, level) && Spte.isLeaf(change.new, level) && Spte.pfn(change.old) != Spte.pfn(change.new),
      "BUG(a present leaf replaced by a leaf with another pfn) in __handle_changed_spte()", gfn: change.gfn,
      level: level)
    if change.old == change.new { return false }
    if !Spte.isShadowPresent(change.old) && !Spte.isShadowPresent(change.new) {
      task.bugOn(
        !Spte.isFrozen(change.new), "WARN_ON_ONCE(nonpresent SPTE replaced by another) in __handle_changed_spte()",
        gfn: change.gfn, level: level)
      return false
    }
    return true
  }

  /// Whether a change takes a table out of the tree, which `handle_removed_pt()` then takes down.
  @inline(__always) package func removesTable(_ change: SpteChange) -> Bool {
    guard Spte.isNonLeaf(change.old, change.level) else { return false }
    if change.isLeaf || !change.isPresent { return true }
    return task.bugOn(
      Spte.pfn(change.old) != Spte.pfn(change.new), "WARN_ON_ONCE(pfn_changed) in __handle_changed_spte()",
      gfn: change.gfn, level: change.level)
  }

  /// `kvm_update_page_stats()` where a leaf comes or goes.
  @inline(__always) package func account(_ change: SpteChange) {
    if change.isLeaf != change.wasLeaf { updatePageStatistics(change.level, change.isLeaf ? 1 : -1) }
  }

  @inline(__always) package func handleRemovedPt(_ change: SpteChange) {
    handleRemovedPt(PageArena.page(pfn: Spte.pfn(change.old)), shared: change.shared)
  }

  /// `handle_removed_pt()`: visits the children of a table that was unlinked, then retires it.
  func handleRemovedPt(_ page: UInt32, shared: Bool) {
    let table = task.pointee.machine.pointee.arena.table(page)
    let header = header(page)
    let level = Int(header.pointee.level)
    let isMirror = header.pointee.kind == .mirror
    let base = header.pointee.gfn
    header.pointee.state = .unlinked
    unlinkSp(page)
    if _slowPath(isMutant(.parentFirst)) && isMirror { freeExternal(page) }
    for index in 0..<Spte.entriesPerTable {
      let sptep = table + index
      let gfn = base &+ UInt64(index) &* Spte.pages(level)
      var old: UInt64
      if shared {
        // Set to a value that others leave alone. If another thread holds it frozen, its final store would overwrite
        // ours: wait until it is done.
        old = task.xchgSpte(sptep, Spte.frozen)
        if _slowPath(Spte.isFrozen(old)) && !isMutant(.stealFrozen) { old = waitForThaw(sptep, gfn) }
      } else {
        old = task.readSpte(sptep)
        if !Spte.isShadowPresent(old) { continue }
        old = writeSpte(sptep, old, Spte.frozen, level)
      }
      let change = SpteChange(isMirror: isMirror, gfn: gfn, old: old, new: Spte.frozen, level: level, shared: shared)
      handleChangedSpte(change)
      Variant.finishRemovedChild(self, change)
    }
    if isMirror && !isMutant(.parentFirst) { freeExternal(page) }
    retire(page)
  }

  private func waitForThaw(_ sptep: SptePointer, _ gfn: Gfn) -> UInt64 {
    task.beginWaiting(.frozenSpte, gfn)
    task.count(.metFrozen)
    var old = Spte.frozen
    while Spte.isFrozen(old), task.relax(UnsafeRawPointer(sptep)) { old = task.xchgSpte(sptep, Spte.frozen) }
    task.endWaiting()
    return old
  }

  /// `tdp_mmu_unlink_sp()`
  private func unlinkSp(_ page: UInt32) {
    task.pointee.tableStatistics -= 1
    guard header(page).nxHugePageDisallowed else { return }
    task.lockPages()
    header(page).nxHugePageDisallowed = false
    kvm.pointee.nxHugePages.untrack(page, task.pointee.machine.pointee.arenaView.headers)
    task.unlockPages()
  }

  /// `kvm_x86_call(free_external_spt)()`
  private func freeExternal(_ page: UInt32) {
    let external = header(page).pointee.externalPage
    header(page).pointee.externalPage = 0
    kvm.pointee.td.tdxSeptFreePrivateSpt(
      task, external, gfn: header(page).pointee.gfn, level: Int(header(page).pointee.level))
  }

  /// `kvm_x86_call(set_external_spte)()`
  @inline(__always) package func setExternalSpte(_ change: SpteChange) -> Int32 {
    kvm.pointee.td.tdxSeptSetPrivateSpte(task, change.gfn, change.old, change.new, change.level)
  }
}
