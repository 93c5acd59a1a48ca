/// Mutant `no-freeze`. The order of the question "what if KVM did not freeze": propagate, then one cmpxchg. Two faults
/// on one gfn then both reach the external table.
import Machine
import SecureEPT

extension Mutant {
  package static let noFreeze = Mutant(
    "no-freeze", "the external write is made without freezing the SPTE", caughtBy: [.ord1], scenario: "fault-fault",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      let result = Mainline.handleChangedSpte(mmu, change)
      if result != 0 { return result }
      return mmu.cmpxchgSpte(&iter, newSpte) ? 0 : Errno.busy
    })
}
