/// Mutant `lock-drop`. A zap that takes the lock for write in between meets a frozen SPTE, which it must never see.
import Machine
import SecureEPT

extension Mutant {
  package static let lockDrop = Mutant(
    "lock-drop", "mmu_lock is dropped with an SPTE frozen, to wait for a busy S-EPT",
    caughtBy: [.frz3], scenario: "busy",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      var result = Mainline.handleChangedSpte(mmu, change)
      if result == Errno.busy {
        mmu.task.condReschedRwlock()
        result = Mainline.handleChangedSpte(mmu, change)
      }
      return mmu.thaw(change, iter.sptep, result)
    })
}
