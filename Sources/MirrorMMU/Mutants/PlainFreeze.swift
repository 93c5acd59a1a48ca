/// Mutant `plain-freeze`. Two threads can both believe that they own the SPTE.
import Machine
import SecureEPT

extension Mutant {
  package static let plainFreeze = Mutant(
    "plain-freeze", "the freeze is a load and a store, not a cmpxchg", caughtBy: [.frz2], scenario: "fault-fault",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      let seen = mmu.task.readSpte(iter.sptep)
      guard seen == iter.oldSpte else {
        iter.oldSpte = seen
        return Errno.busy
      }
      mmu.task.writeSpte(iter.sptep, Spte.frozen)
      return mmu.thaw(change, iter.sptep, Mainline.handleChangedSpte(mmu, change))
    })
}
