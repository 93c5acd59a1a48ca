/// Mutant `restore-new`. The mirror maps what the external table refused.
import Machine
import SecureEPT

extension Mutant {
  package static let restoreNew = Mutant(
    "restore-new", "the failure path stores the new value", caughtBy: [.ord3], scenario: "busy",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      let result = Mainline.handleChangedSpte(mmu, change)
      _ = mmu.thaw(change, iter.sptep, 0)
      return result
    })
}
