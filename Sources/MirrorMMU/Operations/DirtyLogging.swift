/// Write-protection, dirty bits and aging: changes of leaves of the direct root that keep them mapped.
import CAtomics
import Machine

extension TdpMmu {
  /// `kvm_tdp_mmu_wrprot_slot()` over a range: clears W, under mmu_lock held for read.
  func wrprot(_ range: Range<Gfn>) -> Int { clearBits(range, Spte.writable, yieldsAtLeaves: false) }

  /// `kvm_tdp_mmu_clear_dirty_slot()` over a range: clears D, under mmu_lock held for read.
  func clearDirty(_ range: Range<Gfn>) -> Int { clearBits(range, Spte.dirty, yieldsAtLeaves: true) }

  /// - Parameter yieldsAtLeaves: it asks at leaves alone whether it has to yield.
  private func clearBits(_ range: Range<Gfn>, _ bits: UInt64, yieldsAtLeaves: Bool) -> Int {
    var count = 0
    task.readLock()
    forEachDirectRoot(validOnly: true) { root, _ in
      task.rcuReadLock()
      var iter = TdpIter(task, root: root, minLevel: 1, from: range.lowerBound)
      while iter.valid && iter.gfn < range.upperBound {
        let asks = !yieldsAtLeaves || Spte.isLeaf(iter.oldSpte, iter.level)
        if !(asks && iterCondResched(&iter)) {
          while Spte.isLeaf(iter.oldSpte, iter.level) && iter.oldSpte & bits != 0 {
            if setSpteAtomic(&iter, iter.oldSpte & ~bits) {
              count += 1
              break
            }
            if task.isHalted || isMutant(.lostWrprot) { break }
          }
        }
        iter.next(task)
      }
      task.rcuReadUnlock()
    }
    task.readUnlock()
    return count
  }

  /// `kvm_tdp_mmu_age_gfn_range()`: clears A, under RCU alone. One cmpxchg and no retry, as whoever changed the entry
  /// made it young or is removing it; up to Linux 7.1 one atomic AND, whatever stands there.
  /// - Returns: aged, and lost to another thread.
  func age(_ range: Range<Gfn>) -> (aged: Int, lost: Int) {
    var (aged, lost) = (0, 0)
    task.rcuReadLock()
    if let slot = roots.currentSlot(task) {
      let root = roots.page(slot, task)
      if root != 0 { age(root, range, &aged, &lost) }
    }
    if _slowPath(isMutant(.ageMirror)) { age(kvm.pointee.mirrorRoot, range, &aged, &lost) }
    task.rcuReadUnlock()
    if lost > 0 { task.count(.lockless) }
    return (aged, lost)
  }

  private func age(_ root: UInt32, _ range: Range<Gfn>, _ aged: inout Int, _ lost: inout Int) {
    var iter = TdpIter(task, root: root, minLevel: 1, from: range.lowerBound)
    while iter.valid && iter.gfn < range.upperBound {
      if Spte.isLeaf(iter.oldSpte, iter.level) && iter.oldSpte & Spte.accessed != 0 {
        task.bugOn(
          isMirror(iter.sptep) && !isMutant(.ageMirror), "WARN_ON_ONCE(is_mirror_sptep()) in kvm_tdp_mmu_age_spte()",
          gfn: iter.gfn, level: iter.level)
        if kvm.pointee.agesByFetchAnd {
          _ = task.fetchAndSpte(iter.sptep, ~Spte.accessed)
          aged += 1
        } else if cmpxchgSpte(&iter, iter.oldSpte & ~Spte.accessed) {
          aged += 1
        } else {
          lost += 1
        }
      }
      iter.next(task)
    }
  }

  /// `fast_page_fault()`: makes a write-protected leaf writable, under RCU alone.
  /// - Returns: done, nothing to do, or lost.
  func fastPageFault(_ gfn: Gfn) -> Outcome {
    task.rcuReadLock()
    defer { task.rcuReadUnlock() }
    var attempts = 0
    while let slot = roots.currentSlot(task), attempts < 5 {
      guard var iter = lastSpte(roots.page(slot, task), gfn) else { return .nothing }
      if Spte.isWritable(iter.oldSpte) { return .spurious }
      guard Spte.isMmuWritable(iter.oldSpte) else { return .nothing }
      if cmpxchgSpte(&iter, iter.oldSpte | Spte.writable) { return .done }
      task.count(.lockless)
      attempts += 1
    }
    return attempts > 0 ? .lost : .nothing
  }

  /// `kvm_tdp_mmu_fast_pf_get_last_sptep()`: the last SPTE of the walk; nil if it is no leaf.
  private func lastSpte(_ root: UInt32, _ gfn: Gfn) -> TdpIter? {
    guard root != 0 else { return nil }
    var iter = TdpIter(task, root: root, minLevel: 1, from: gfn)
    while Spte.isNonLeaf(iter.oldSpte, iter.level) && iter.level > 1 {
      let before = iter.level
      iter.next(task)
      if iter.level >= before { return nil }
    }
    return Spte.isLeaf(iter.oldSpte, iter.level) ? iter : nil
  }

  /// A processor's access to shared memory: it walks the direct root, and sets A in the leaf, and D for a write, by one
  /// atomic step. RCU stands for the kick that a real one answers before tables are freed.
  /// - Returns: done, spurious if both were set, nothing where it would fault.
  func touch(_ gfn: Gfn, writes: Bool) -> Outcome {
    task.rcuReadLock()
    defer { task.rcuReadUnlock() }
    guard let slot = roots.currentSlot(task), var iter = lastSpte(roots.page(slot, task), gfn) else { return .nothing }
    let bits = writes ? Spte.accessed | Spte.dirty : Spte.accessed
    while Spte.isLeaf(iter.oldSpte, iter.level) && (!writes || Spte.isWritable(iter.oldSpte)) {
      let touched = iter.oldSpte | bits
      if touched == iter.oldSpte { return .spurious }
      if task.tryCmpxchgSpte(iter.sptep, &iter.oldSpte, touched) { return .done }
      if task.isHalted { return .stopped }
    }
    return .nothing
  }
}
