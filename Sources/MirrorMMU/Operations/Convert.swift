/// Memory attributes and roots: private <-> shared conversion, root invalidation, and the VM's end.
import CAtomics
import Machine

extension TdpMmu {
  /// `kvm_vm_set_mem_attributes()`: splits the unaligned ends, zaps the old mapping, sets the attribute.
  /// - Returns: how many leaves were zapped.
  func convert(_ range: Range<Gfn>, toPrivate: Bool) -> Int {
    task.writeLock()
    // What becomes mixed changes the level at which its neighbours may be mapped: the whole 2M regions are invalid.
    kvm.pointee.invalidation.begin(
      Spte.round(range.lowerBound, 2)..<(Spte.round(range.upperBound - 1, 2) + 512))
    var count = 0
    if toPrivate {
      count = zapDirectRoots(range, canYield: true)
    } else {
      splitCrossBoundaryLeafs(range)
      count = zapLeafs(kvm.pointee.mirrorRoot, range, canYield: true)
    }
    task.writeUnlock()
    task.writeLock()
    // The kernel stores the attributes under slots_lock, between its two write sections; here the second one serves.
    kvm.pointee.attributes.set(task, range, isPrivate: toPrivate)
    kvm.pointee.invalidation.finish(task)
    task.writeUnlock()
    return count
  }

  /// `kvm_split_cross_boundary_leafs()` of the series for 2M S-EPT pages: private huge pages that stand across an end
  /// of `range` are split before the range is zapped. Zapped whole, they would take gfns along on which faults are not
  /// kept out, and a fault on one of those would map the range again while the zap has yielded.
  func splitCrossBoundaryLeafs(_ range: Range<Gfn>) {
    guard kvm.pointee.holdsPrivateHuge else { return }
    for end in [range.lowerBound, range.upperBound - 1] where !covers(range, regionOf: end) {
      if _slowPath(isMutant(.zapWhole)) {
        zapMirrorHugePage(end)
        continue
      }
      _ = splitMirror(Spte.round(end, 2)..<(Spte.round(end, 2) + 512))
    }
  }

  /// The mutant `zap-whole`: what is right for ordinary memory, where a zap loses nothing but a mapping.
  private func zapMirrorHugePage(_ gfn: Gfn) {
    kvm.pointee.attributes.disallowHuge(gfn)
    task.rcuReadLock()
    var iter = TdpIter(task, root: kvm.pointee.mirrorRoot, minLevel: 2, from: Spte.round(gfn, 2))
    while iter.valid && iter.gfn <= gfn {
      if iter.level == 2 && Spte.isLeaf(iter.oldSpte, 2) { iterSetSpte(&iter, Spte.nonpresent) }
      iter.next(task)
    }
    task.rcuReadUnlock()
  }

  private func covers(_ range: Range<Gfn>, regionOf gfn: Gfn) -> Bool {
    range.lowerBound <= Spte.round(gfn, 2) && Spte.round(gfn, 2) + 512 <= range.upperBound
  }

  /// `kvm_mmu_zap_all_fast()`: `kvm_tdp_mmu_invalidate_roots()` under the write lock, then
  /// `kvm_tdp_mmu_zap_invalidated_roots()` under the read lock.
  /// - Returns: false if there was no valid root.
  func zapAllFast() -> Bool {
    task.writeLock()
    guard let slot = roots.currentSlot, (0..<Roots.slots).contains(where: { roots.page($0) == 0 }) else {
      task.writeUnlock()
      return false
    }
    let root = roots.page(slot)
    header(root).pointee.isInvalid = true
    write_once64(task.point, roots.current, 0)
    // The zap below is gifted the TDP MMU's own reference to the root.
    task.writeUnlock()
    task.readLock()
    zapRoot(root, shared: true)
    putRoot(slot)
    task.readUnlock()
    return true
  }

  /// KVM's end of the VM: private leaves go while the key is assigned, then the key, then all tables.
  /// No other task may run; mmu_lock is taken as the kernel takes it.
  package func destroyVm() {
    task.writeLock()
    _ = zapLeafs(kvm.pointee.mirrorRoot, 0..<kvm.pointee.guestPages, canYield: false)
    task.writeUnlock()
    kvm.pointee.td.pointee.isHkidAssigned = false
    task.writeLock()
    for slot in 0..<Roots.slots where roots.page(slot) != 0 {
      header(roots.page(slot)).pointee.isInvalid = true
      zapRoot(roots.page(slot), shared: false)
      putRoot(slot)
    }
    raw_store64(roots.current, 0)
    // kvm_tdp_mmu_zap_all() is about direct roots; the mirror root goes with kvm_mmu_uninit_tdp_mmu().
    header(kvm.pointee.mirrorRoot).pointee.isInvalid = true
    zapRoot(kvm.pointee.mirrorRoot, shared: false)
    task.writeUnlock()
    task.callRcu(kvm.pointee.mirrorRoot)
    kvm.pointee.mirrorRoot = 0
    task.rcuPoll(force: true)
    kvm.pointee.td.pointee.tearDown(task)
  }
}
