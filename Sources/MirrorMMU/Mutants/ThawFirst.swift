/// Mutant `thaw-first`. Write, then propagate: right under the exclusive lock, where nobody looks, and wrong under the
/// shared one.
import Machine
import SecureEPT

extension Mutant {
  package static let thawFirst = Mutant(
    "thaw-first", "the new value is written before the external write", caughtBy: [.ord2], scenario: "fault-fault",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      mmu.task.writeSpte(iter.sptep, newSpte)
      let result = Mainline.handleChangedSpte(mmu, change)
      if result != 0 { mmu.task.writeSpte(iter.sptep, iter.oldSpte) }
      if result == Errno.busy { mmu.task.count(.busyRestored) }
      return result
    })
}
