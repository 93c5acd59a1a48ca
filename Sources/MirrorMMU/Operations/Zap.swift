/// Zapping: leaves of a range, whole roots, possible NX huge pages.
import CAtomics
import Machine

extension TdpMmu {
  /// `tdp_mmu_zap_leafs()`: mmu_lock is held for write, and dropped on the way if `canYield`.
  /// - Returns: how many leaves were zapped.
  func zapLeafs(_ root: UInt32, _ range: Range<Gfn>, canYield: Bool) -> Int {
    if !isMutant(.sharedRemove) { task.lockdepAssertHeldWrite(gfn: range.lowerBound) }
    var count = 0
    task.rcuReadLock()
    var iter = TdpIter(task, root: root, minLevel: 1, from: range.lowerBound)
    while iter.valid && iter.gfn < range.upperBound {
      if canYield && iterCondResched(&iter) {
        // The walk restarts at its next step.
      } else if Spte.isLeaf(iter.oldSpte, iter.level) {
        if zapLeaf(&iter) { count += 1 }
      }
      iter.next(task)
    }
    task.rcuReadUnlock()
    return count
  }

  @inline(__always) private func zapLeaf(_ iter: inout TdpIter) -> Bool {
    if _slowPath(isMutant(.lostZap)) {
      let (sptep, old) = (iter.sptep, iter.oldSpte)
      guard task.tryCmpxchgSpte(sptep, &iter.oldSpte, Spte.nonpresent) else { return false }
      handleChangedSpte(
        SpteChange(
          isMirror: isMirror(sptep), gfn: iter.gfn, old: old, new: Spte.nonpresent, level: iter.level, shared: false))
      return true
    }
    if _slowPath(isMutant(.sharedRemove)) && task.pointee.lockMode == .read {
      let change = SpteChange(iter, Spte.nonpresent, isMirror: isMirror(iter.sptep))
      guard cmpxchgSpte(&iter, Spte.nonpresent) else { return false }
      handleChangedSpte(change)
      return true
    }
    iterSetSpte(&iter, Spte.nonpresent)
    return true
  }

  /// `kvm_tdp_mmu_unmap_gfn_range()` for private memory, as a guest_memfd invalidation makes it.
  func zapPrivate(_ range: Range<Gfn>) -> Int {
    task.writeLock()
    kvm.pointee.invalidation.begin(range)
    splitCrossBoundaryLeafs(range)
    let count =
      isMutant(.sharedRemove) ? zapLeafsShared(range) : zapLeafs(kvm.pointee.mirrorRoot, range, canYield: true)
    endInvalidation()
    task.writeUnlock()
    return count
  }

  /// The mutant `shared-remove`: the zap itself under the read lock, between two write sections.
  @inline(never) private func zapLeafsShared(_ range: Range<Gfn>) -> Int {
    let zapping = task.pointee.zapping
    task.pointee.zapping = .nothing
    task.writeUnlock()
    task.readLock()
    let count = zapLeafs(kvm.pointee.mirrorRoot, range, canYield: true)
    task.readUnlock()
    task.writeLock()
    task.pointee.zapping = zapping
    return count
  }

  /// `kvm_tdp_mmu_unmap_gfn_range()` for shared memory, as an MMU notifier makes it: invalid roots too.
  func unmapShared(_ range: Range<Gfn>, mayBlock: Bool) -> Int {
    task.writeLock()
    kvm.pointee.invalidation.begin(range)
    let count = zapDirectRoots(range, canYield: mayBlock)
    endInvalidation()
    task.writeUnlock()
    return count
  }

  /// `kvm_mmu_invalidate_end()` comes in a write section of its own: between the zap and it faults must find out by
  /// themselves that what they looked up is stale.
  func endInvalidation() {
    task.writeUnlock()
    task.writeLock()
    kvm.pointee.invalidation.finish(task)
  }

  func zapDirectRoots(_ range: Range<Gfn>, canYield: Bool) -> Int {
    var count = 0
    forEachDirectRoot(validOnly: false) { root, _ in
      count += zapLeafs(root, range, canYield: canYield)
    }
    return count
  }

  /// `tdp_mmu_zap_root()`: in passes of decreasing granularity, so that yields stay cheap.
  func zapRoot(_ root: UInt32, shared: Bool) {
    task.lockdepAssertHeld()
    task.rcuReadLock()
    for level in (kvm.pointee.provesMmu ? 3 : 1)...Spte.maxLevel { zapRoot(root, shared: shared, level: level) }
    task.rcuReadUnlock()
  }

  /// `__tdp_mmu_zap_root()`
  private func zapRoot(_ root: UInt32, shared: Bool, level: Int) {
    let end = kvm.pointee.guestPages
    var iter = TdpIter(task, root: root, minLevel: level, from: 0)
    while iter.valid && iter.gfn < end {
      if iterCondResched(&iter) {
        iter.next(task)
        continue
      }
      while Spte.isShadowPresent(iter.oldSpte) && iter.level <= level {
        if !shared {
          iterSetSpte(&iter, Spte.nonpresent)
          break
        }
        if setSpteAtomic(&iter, Spte.nonpresent) || task.isHalted { break }
      }
      iter.next(task)
    }
  }

  /// `kvm_recover_nx_huge_pages()` and `kvm_tdp_mmu_zap_possible_nx_huge_page()`
  /// - Returns: zapped, and lost to another thread.
  func recoverNxHugePages(limit: Int) -> (zapped: Int, lost: Int) {
    var (zapped, lost) = (0, 0)
    task.readLock()
    task.rcuReadLock()
    for _ in 0..<limit {
      task.lockPages()
      let page = kvm.pointee.nxHugePages.first
      if page != 0 {
        header(page).nxHugePageDisallowed = false
        kvm.pointee.nxHugePages.untrack(page, task.pointee.machine.pointee.arenaView.headers)
      }
      task.unlockPages()
      if page == 0 { break }
      if zapPossibleNxHugePage(page) { zapped += 1 } else { lost += 1 }
      if task.needResched() || task.rwlockNeedbreak() {
        task.rcuReadUnlock()
        task.condReschedRwlock()
        task.rcuReadLock()
      }
    }
    task.rcuReadUnlock()
    task.readUnlock()
    return (zapped, lost)
  }

  private func zapPossibleNxHugePage(_ page: UInt32) -> Bool {
    let header = header(page)
    guard let parent = header.pointee.parent else { return false }
    let gfn = header.pointee.gfn
    var iter = TdpIter(at: parent, gfn: gfn, level: Int(header.pointee.level) + 1, oldSpte: task.readSpte(parent))
    // Zap it if and only if the SPTE still points at this table: present is not enough.
    func stillHere(_ spte: UInt64) -> Bool {
      Spte.isNonLeaf(spte, iter.level) && Spte.pfn(spte) == PageArena.pfn(page)
    }
    guard stillHere(iter.oldSpte) else { return false }
    guard setSpteAtomic(&iter, Spte.nonpresent) else {
      let again = iter.oldSpte
      task.bugOn(
        stillHere(again), "WARN_ON_ONCE(the SPTE still points at the table) in zap_possible_nx_huge_page()", gfn: gfn,
        level: iter.level)
      return false
    }
    return true
  }
}
