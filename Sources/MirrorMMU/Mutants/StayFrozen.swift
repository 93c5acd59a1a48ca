/// Mutant `stay-frozen`. The SPTE is left to nobody: every later fault on it retries for ever.
import Machine
import SecureEPT

extension Mutant {
  package static let stayFrozen = Mutant(
    "stay-frozen", "the success path forgets the final store", caughtBy: [.frz3, .frz1], scenario: "fault-fault",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      let result = Mainline.handleChangedSpte(mmu, change)
      return result == 0 ? 0 : mmu.thaw(change, iter.sptep, result)
    })
}
