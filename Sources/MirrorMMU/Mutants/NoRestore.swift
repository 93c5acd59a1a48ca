/// Mutant `no-restore`. As `stay-frozen`, but only after BUSY: what tests without contention never meet.
import Machine
import SecureEPT

extension Mutant {
  package static let noRestore = Mutant(
    "no-restore", "the failure path forgets to restore the old value", caughtBy: [.frz3, .frz1], scenario: "busy",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      let result = Mainline.handleChangedSpte(mmu, change)
      return result == 0 ? mmu.thaw(change, iter.sptep, result) : result
    })
}
