/// `tdp_mmu_set_spte_atomic()` for a mirror SPTE with one step broken. Out of the way of the protocol that is right:
/// called only if a mutant is in force.
import CAtomics
import Machine
import SecureEPT

enum MainlineMutants {
  @inline(never)
  static func setMirrorSpteAtomic(_ mmu: TdpMmu<Mainline>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    let task = mmu.task
    let change = Mainline.change(iter, newSpte, isMirror: true)
    if mmu.isMutant(.noFreeze) {
      let result = Mainline.handleChangedSpte(mmu, change)
      if result != 0 { return result }
      return mmu.cmpxchgSpte(&iter, newSpte) ? 0 : Errno.busy
    }

    guard freeze(mmu, &iter) else { return Errno.busy }
    if mmu.isMutant(.thawFirst) { task.writeSpte(iter.sptep, newSpte) }
    if mmu.isMutant(.doublePropagate) {
      let result = mmu.setExternalSpte(change)
      if result != 0 {
        task.writeSpte(iter.sptep, iter.oldSpte)
        return result
      }
    }
    let result = Mainline.handleChangedSpte(mmu, change)
    if result == 0 {
      if !mmu.isMutant(.stayFrozen) && !mmu.isMutant(.thawFirst) { task.writeSpte(iter.sptep, newSpte) }
    } else if !mmu.isMutant(.noRestore) {
      task.writeSpte(iter.sptep, mmu.isMutant(.restoreNew) ? newSpte : iter.oldSpte)
    }
    if result == Errno.busy { task.count(.busyRestored) }
    return result
  }

  private static func freeze(_ mmu: TdpMmu<Mainline>, _ iter: inout TdpIter) -> Bool {
    guard mmu.isMutant(.plainFreeze) else { return mmu.cmpxchgSpte(&iter, Spte.frozen) }
    let seen = mmu.task.readSpte(iter.sptep)
    guard seen == iter.oldSpte else {
      iter.oldSpte = seen
      return false
    }
    mmu.task.writeSpte(iter.sptep, Spte.frozen)
    return true
  }
}
