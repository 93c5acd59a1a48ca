/// The page fault: `kvm_tdp_mmu_page_fault()` and `kvm_tdp_mmu_map()`.
import CAtomics
import Machine
import SecureEPT

/// `RET_PF_*`
enum FaultResult { case retry, fixed, spurious }

/// `struct kvm_page_fault`
struct PageFault {
  var gfn: Gfn
  var isPrivate: Bool
  /// A 2M mapping is wanted.
  var wantsHuge: Bool
  /// An instruction fetch; all other faults are writes.
  var executes: Bool
  /// The guest executes here and the NX mitigation forbids a huge page.
  var hugePageDisallowed: Bool
  var sequence: UInt64
  /// At which the memory could be mapped, and at which it is to be.
  var requestedLevel = 1
  var goalLevel = 1
}

extension TdpMmu {
  /// One attempt: look up, take mmu_lock for read, check for staleness, map.
  func pageFault(_ gfn: Gfn, wantsHuge: Bool, executes: Bool) -> (result: FaultResult, fault: PageFault) {
    let sequence = kvm.pointee.invalidation.sequence(task)
    task.noteLookup()
    let isPrivate = kvm.pointee.attributes.isPrivate(task, gfn)
    var fault = PageFault(
      gfn: gfn, isPrivate: isPrivate, wantsHuge: wantsHuge, executes: executes,
      hugePageDisallowed: executes && !isPrivate, sequence: sequence)
    task.readLock()
    if isStale(fault) {
      task.count(.staleFault)
      task.readUnlock()
      return (.retry, fault)
    }
    var root = kvm.pointee.mirrorRoot
    if !isPrivate {
      task.noteRead(roots.current)
      guard let slot = roots.currentSlot else {
        task.readUnlock()
        allocRoot()
        return (.retry, fault)
      }
      task.noteRead(roots.pages)
      root = roots.page(slot)
    }
    let result = map(&fault, root)
    task.readUnlock()
    return (result, fault)
  }

  /// `is_page_fault_stale()`, under mmu_lock.
  @inline(__always) private func isStale(_ fault: PageFault) -> Bool {
    if _slowPath(isMutant(.staleFault)) { return kvm.pointee.invalidation.isInvalidating(fault.gfn) }
    return kvm.pointee.invalidation.mustRetry(fault.gfn, since: fault.sequence)
  }

  /// `kvm_tdp_mmu_map()`
  func map(_ fault: inout PageFault, _ root: UInt32) -> FaultResult {
    hugepageAdjust(&fault)
    task.rcuReadLock()
    defer { task.rcuReadUnlock() }
    var iter = TdpIter(task, root: root, minLevel: 1, from: fault.gfn)
    while iter.valid && iter.gfn <= fault.gfn {
      // Frozen by another thread: give up and retry rather than allocate a table in vain.
      if Spte.isFrozen(iter.oldSpte) && !isMutant(.ignoreFrozen) {
        task.pointee.sawRetry = true
        return .retry
      }
      if iter.level == fault.goalLevel && !stepsDown(&fault, iter) { return mapTargetLevel(fault, &iter) }
      if !Spte.isNonLeaf(iter.oldSpte, iter.level), !stepInto(fault, &iter) { return .retry }
      iter.next(task)
    }
    return .retry
  }

  /// `kvm_mmu_hugepage_adjust()`, under mmu_lock: what it reads changes under mmu_lock held for write, but for what a
  /// shared split of the mirror root disallows.
  @inline(__always) private func hugepageAdjust(_ fault: inout PageFault) {
    guard fault.wantsHuge || fault.isPrivate else { return }
    if kvm.pointee.policy == .hugeShared && fault.isPrivate { kvm.pointee.attributes.meetsDisallowing(task, fault.gfn) }
    let allowed =
      fault.isPrivate
      ? kvm.pointee.attributes.allowsHuge(fault.gfn, isPrivate: true) : allowsSharedHuge(fault.gfn)
    guard allowed else { return }
    fault.requestedLevel = 2
    if fault.isPrivate {
      // A private region is mapped by one 2M page or by 4K pages for good: the S-EPT has no promotion here.
      fault.goalLevel = kvm.pointee.policy.mapsHuge ? 2 : 1
    } else if !fault.hugePageDisallowed {
      fault.goalLevel = 2
    }
  }

  /// Makes the table below a non-present or huge SPTE.
  private func stepInto(_ fault: PageFault, _ iter: inout TdpIter) -> Bool {
    let page = allocChild(iter)
    guard page != 0 else { return false }
    let header = header(page)
    header.nxHugePageDisallowed = fault.hugePageDisallowed && iter.level == 2
    let linked: Bool
    if Spte.isShadowPresent(iter.oldSpte) {
      mayStepInto(iter)
      linked = splitHugePage(&iter, page, shared: true)
    } else {
      linked = linkSp(&iter, page, shared: true)
    }
    guard linked else {
      freeUnused(page)
      return false
    }
    if fault.hugePageDisallowed && fault.requestedLevel >= iter.level {
      task.lockPages()
      if header.nxHugePageDisallowed {
        kvm.pointee.nxHugePages.track(page, task.pointee.machine.pointee.arenaView.headers)
      }
      task.unlockPages()
    }
    return true
  }

  /// `tdp_mmu_map_handle_target_level()`
  @inline(__always) private func mapTargetLevel(_ fault: PageFault, _ iter: inout TdpIter) -> FaultResult {
    if Spte.isLeaf(iter.oldSpte, iter.level) && (fault.executes || Spte.isWritable(iter.oldSpte)) {
      let pfn = kvm.pointee.pfn(iter.gfn, isPrivate: fault.isPrivate)
      task.bugOn(
        pfn != Spte.pfn(iter.oldSpte),
        "WARN_ON_ONCE(fault->pfn != spte_to_pfn()) in tdp_mmu_map_handle_target_level()", gfn: iter.gfn,
        level: iter.level)
      return .spurious
    }
    var new = makeSpte(fault.gfn, iter.level, isPrivate: fault.isPrivate)
    // kvm_tdp_mmu_map_private_pfn() maps the first pages of a TD as prefetched ones, which nobody has accessed.
    if _slowPath(fault.isPrivate && !kvm.pointee.td.pointee.isRunnable) { new &= ~Spte.accessed }
    if new == iter.oldSpte { return .spurious }
    return setSpteAtomic(&iter, new) ? .fixed : .retry
  }

  /// `tdp_mmu_link_sp()`
  func linkSp(_ iter: inout TdpIter, _ page: UInt32, shared: Bool) -> Bool {
    let spte = makeNonleafSpte(page)
    // Published by the store that follows: from here on the table can be found.
    header(page).pointee.state = .linked
    if shared {
      guard setSpteAtomic(&iter, spte) else {
        header(page).pointee.state = .allocated
        return false
      }
    } else {
      iterSetSpte(&iter, spte)
    }
    task.pointee.tableStatistics += 1
    return true
  }
}
