/// KVM's side of the external table: the S-EPT half of `arch/x86/kvm/vmx/tdx.c`, function by function.
///
/// Policy `4k` is Linux 7.3. Policy `huge` adds what is being developed upstream: 2M leaves by PAGE.AUG, and a split as
/// BLOCK, TRACK, DEMOTE under the write lock. What policy `huge-shared` does otherwise stands in
/// `TdxGlue+Shared.swift`.
import CAtomics
import Machine

/// Errors as the kernel returns them, negative.
@usableFromInline package enum Errno {
  @inlinable package static var busy: Int32 { -16 }
  @inlinable package static var io: Int32 { -5 }
  @inlinable package static var again: Int32 { -11 }
}

/// What a mutant breaks on this side.
package struct GlueDefects: OptionSet, Sendable, BitwiseCopyable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// TLB tracking is left out.
  package static let noTrack = GlueDefects(rawValue: 1)
  /// BUSY is retried in place, for ever.
  package static let busySpin = GlueDefects(rawValue: 2)
}

extension UnsafeMutablePointer where Pointee == TrustDomain {
  /// `tdx_sept_set_private_spte()`: one mirror change, decided from the old and the new value alone.
  /// - Returns: 0, -EBUSY if nothing was changed, -EIO after a bug.
  package func tdxSeptSetPrivateSpte(
    _ task: TaskPointer, _ gfn: Gfn, _ old: UInt64, _ new: UInt64, _ level: Int
  ) -> Int32 {
    task.lockdepAssertHeld(gfn: gfn, level: level)
    if Spte.isShadowPresent(old) {
      if pointee.policy.mapsHuge && Spte.isLeaf(old, level) && Spte.isNonLeaf(new, level) {
        return tdxSeptSplitPrivateSpte(task, gfn, level, new)
      }
      return tdxSeptRemoveLeafSpte(task, gfn, level)
    }
    if task.bugOn(
      !Spte.isShadowPresent(new), "KVM_BUG_ON(!is_shadow_present_pte(new_spte)) in tdx_sept_set_private_spte()",
      gfn: gfn, level: level)
    {
      return Errno.io
    }
    if !Spte.isLast(new, level) { return tdxSeptMapNonleafSpte(task, gfn, level, new) }
    return tdxSeptMapLeafSpte(task, gfn, level, new)
  }

  /// `tdx_sept_map_nonleaf_spte()`
  private func tdxSeptMapNonleafSpte(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, _ new: UInt64) -> Int32 {
    guard let page = externalTable(task, gfn, level, new) else { return Errno.io }
    let status = retryingForever(task) { tdhMemSeptAdd(task, gfn, level, page: page) }
    return result(task, status, "TDH_MEM_SEPT_ADD", gfn, level)
  }

  /// `tdx_sept_map_leaf_spte()`
  private func tdxSeptMapLeafSpte(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, _ new: UInt64) -> Int32 {
    let largest = pointee.policy.mapsHuge ? 2 : 1
    if task.bugOn(
      level > largest, "KVM_BUG_ON(level != PG_LEVEL_4K) in tdx_sept_map_leaf_spte()", gfn: gfn, level: level)
    {
      return Errno.io
    }
    task.bugOn(new & Spte.rwx != Spte.rwx, "WARN_ON_ONCE(not RWX) in tdx_sept_map_leaf_spte()", gfn: gfn, level: level)
    let pfn = Spte.pfn(new)
    let status = retryingForever(task) {
      pointee.isRunnable
        ? tdhMemPageAug(task, gfn, level, pfn: pfn) : tdhMemPageAdd(task, gfn, level, pfn: pfn)
    }
    return result(task, status, pointee.isRunnable ? "TDH_MEM_PAGE_AUG" : "TDH_MEM_PAGE_ADD", gfn, level)
  }

  /// `tdx_sept_remove_leaf_spte()`
  package func tdxSeptRemoveLeafSpte(_ task: TaskPointer, _ gfn: Gfn, _ level: Int) -> Int32 {
    assertMayRemove(task, gfn, level)
    if task.bugOn(
      !pointee.isHkidAssigned, "KVM_BUG_ON(!is_hkid_assigned()) in tdx_sept_remove_leaf_spte()", gfn: gfn,
      level: level)
    {
      return Errno.io
    }
    let largest = pointee.policy.mapsHuge ? 2 : 1
    if task.bugOn(
      level > largest, "KVM_BUG_ON(level != PG_LEVEL_4K) in tdx_sept_remove_leaf_spte()", gfn: gfn, level: level)
    {
      return Errno.io
    }
    if pointee.policy == .hugeShared { return tdxSeptRemoveShared(task, gfn, level) }
    let blocked = tdhDoNoVcpus(task) { tdhMemRangeBlock(task, gfn, level, injectable: $0) }
    if failed(task, blocked, "TDH_MEM_RANGE_BLOCK", gfn, level) { return Errno.io }
    if !pointee.defects.contains(.noTrack) { tdxTrack(task) }
    let removed = tdhDoNoVcpus(task) { tdhMemPageRemove(task, gfn, level, injectable: $0) }
    return failed(task, removed, "TDH_MEM_PAGE_REMOVE", gfn, level) ? Errno.io : 0
  }

  /// The split of a 2M leaf: BLOCK, TRACK, DEMOTE.
  private func tdxSeptSplitPrivateSpte(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, _ new: UInt64) -> Int32 {
    assertMayRemove(task, gfn, level)
    guard let page = externalTable(task, gfn, level, new) else { return Errno.io }
    if pointee.policy == .hugeShared { return tdxSeptSplitShared(task, gfn, level, table: page) }
    let blocked = tdhDoNoVcpus(task) { tdhMemRangeBlock(task, gfn, level, injectable: $0) }
    if failed(task, blocked, "TDH_MEM_RANGE_BLOCK", gfn, level) { return Errno.io }
    if !pointee.defects.contains(.noTrack) { tdxTrack(task) }
    let demoted = tdhDoNoVcpus(task) { tdhMemPageDemote(task, gfn, level, page: page, injectable: $0) }
    return failed(task, demoted, "TDH_MEM_PAGE_DEMOTE", gfn, level) ? Errno.io : 0
  }

  /// `tdx_track()`: TRACK, then every vCPU out of the guest, so that the next one can succeed.
  private func tdxTrack(_ task: TaskPointer) {
    // The kernel returns at once before the TD is runnable; nothing is removed that early, here or there.
    task.lockdepAssertHeldWrite()
    let status = tdhDoNoVcpus(task) { tdhMemTrack(task, injectable: $0) }
    _ = failed(task, status, "TDH_MEM_TRACK", 0, 0)
    kickAll(task)
  }

  /// `tdx_sept_free_private_spt()`: only once the TD is being torn down, or with policy `huge-shared`.
  package func tdxSeptFreePrivateSpt(_ task: TaskPointer, _ page: UInt32, gfn: Gfn, level: Int) {
    if pointee.policy == .hugeShared && pointee.isHkidAssigned { return tdxSeptRemoveTable(task, page, gfn, level) }
    if task.bugOn(
      pointee.isHkidAssigned, "KVM_BUG_ON(is_hkid_assigned()) in tdx_sept_free_private_spt()", gfn: gfn,
      level: level)
    {
      return
    }
    let status = tdhPhymemPageReclaim(task, page: page)
    if failed(task, status, "TDH_PHYMEM_PAGE_RECLAIM", gfn, level) { return }
    task.freeTable(page)
  }

  // MARK: Helpers

  /// The lockdep line of splits and removals.
  @inline(__always) private func assertMayRemove(_ task: TaskPointer, _ gfn: Gfn, _ level: Int) {
    if pointee.policy == .hugeShared {
      task.lockdepAssertHeld(gfn: gfn, level: level)
    } else {
      task.lockdepAssertHeldWrite(gfn: gfn, level: level)
    }
  }

  /// `tdh_do_no_vcpus()`: one retry after BUSY, with all vCPUs forced and kept outside.
  @inline(__always) private func tdhDoNoVcpus(_ task: TaskPointer, _ call: (Bool) -> TdxStatus) -> TdxStatus {
    task.lockdepAssertHeldWrite()
    let first = call(true)
    guard first == .operandBusy else { return first }
    task.noteWrite(pointee.waitForSeptZap)
    raw_store32(pointee.waitForSeptZap, 1)
    kickAll(task)
    let second = call(false)
    task.noteWrite(pointee.waitForSeptZap)
    raw_store32(pointee.waitForSeptZap, 0)
    return second
  }

  /// `tdx_spte_to_sept_pt()`
  private func externalTable(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, _ new: UInt64) -> UInt32? {
    let header = task.pointee.machine.pointee.arenaView.headers[Int(PageArena.page(pfn: Spte.pfn(new)))]
    let wrong = header.externalPage == 0 || Int(header.level) + 1 != level || header.gfn != gfn
    return task.bugOn(
      wrong, "KVM_BUG_ON(external_spt, role.level or gfn) in tdx_spte_to_sept_pt()", gfn: gfn, level: level)
      ? nil : header.externalPage
  }

  private func result(
    _ task: TaskPointer, _ status: TdxStatus, _ call: StaticString, _ gfn: Gfn, _ level: Int
  ) -> Int32 {
    if status == .operandBusy { return Errno.busy }
    return failed(task, status, call, gfn, level) ? Errno.io : 0
  }

  /// `TDX_BUG_ON()`
  func failed(
    _ task: TaskPointer, _ status: TdxStatus, _ call: StaticString, _ gfn: Gfn, _ level: Int
  ) -> Bool {
    if _fastPath(status == .success) { return false }
    task.violationAfterDrain(
      .bug1, gfn: gfn, level: level, expected: "TDX_BUG_ON(err, \(call)) stays false",
      seen: "\(call) answered TDX_\(status.name)")
    return true
  }

  /// The mutant `busy-spin`: what tdx.c must not do.
  @inline(__always) private func retryingForever(_ task: TaskPointer, _ call: () -> TdxStatus) -> TdxStatus {
    var status = call()
    if _fastPath(status != .operandBusy || !pointee.defects.contains(.busySpin)) { return status }
    task.beginWaiting(.busySeamcall)
    while status == .operandBusy, task.relax(UnsafeRawPointer(self)) { status = call() }
    task.endWaiting()
    return status
  }
}
