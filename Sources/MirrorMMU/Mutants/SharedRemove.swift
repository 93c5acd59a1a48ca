/// Mutant `shared-remove`. What `KVM_BUG_ON(shared)` and the lockdep line of the S-EPT code argue about: the latter is
/// what notices.
import SecureEPT

extension Mutant {
  package static let sharedRemove = Mutant(
    "shared-remove", "a zap removes leaves under the read lock, with no freeze",
    caughtBy: [.lck1, .ord1, .dup1], scenario: "fault-zap",
    breaks: .mmu(.sharedRemove))
}
