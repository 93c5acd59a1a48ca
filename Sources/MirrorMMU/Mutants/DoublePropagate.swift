/// Mutant `double-propagate`. What the reviewer of patch 08 feared of a shared split, here for every change; `series-
/// end-shared-split` is the real one.
import Machine
import SecureEPT

extension Mutant {
  package static let doublePropagate = Mutant(
    "double-propagate", "the atomic path and the change handler both call out",
    caughtBy: [.dup1], scenario: "fault-fault",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      let first = mmu.setExternalSpte(change)
      return mmu.thaw(change, iter.sptep, first == 0 ? Mainline.handleChangedSpte(mmu, change) : first)
    })
}
