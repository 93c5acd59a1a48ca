/// SPTEs of the mirror, as the subject hands them to KVM's side of the external table.
import Machine
import SecureEPT

extension Domain {
  /// A present leaf with all permissions; above 4K a large one.
  static func leaf(_ pfn: UInt64, _ level: Int = 1) -> UInt64 {
    Spte.mmuPresent | Spte.rwx | (level > 1 ? Spte.pageSize : 0) | pfn << 12
  }

  /// A present non-leaf that points to a new mirror table with an S-EPT table beside it.
  func nonLeaf(_ gfn: Gfn, _ level: Int) -> UInt64 {
    let page = task(0).allocateTable(
      kind: .mirror, level: level - 1, gfn: Spte.round(gfn, level), fill: Spte.nonpresent)
    machine.pointee.arenaView.headers[Int(page)].externalPage = septTable(gfn, for: level)
    return Spte.mmuPresent | Spte.rwx | PageArena.pfn(page) << 12
  }

  /// The S-EPT table beside the mirror table to which `spte` points.
  func externalPage(_ spte: UInt64) -> UInt32 {
    machine.pointee.arenaView.headers[Int(PageArena.page(pfn: Spte.pfn(spte)))].externalPage
  }

  /// `set_external_spte()` with mmu_lock held by task 0.
  func set(_ gfn: Gfn, _ old: UInt64, _ new: UInt64, _ level: Int, under mode: Task.LockMode) -> Int32 {
    let task = task(0)
    switch mode {
    case .none: return td.tdxSeptSetPrivateSpte(task, gfn, old, new, level)
    case .read:
      task.readLock()
      defer { task.readUnlock() }
      return td.tdxSeptSetPrivateSpte(task, gfn, old, new, level)
    case .write:
      task.writeLock()
      defer { task.writeUnlock() }
      return td.tdxSeptSetPrivateSpte(task, gfn, old, new, level)
    }
  }
}
