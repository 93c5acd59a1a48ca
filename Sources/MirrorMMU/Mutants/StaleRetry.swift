/// Mutant `stale-retry`. `try_cmpxchg64()` on a copy of `iter->old_spte`, as `set_external_spte_present()` once had it:
/// harmless where the caller gives up, endless where it loops.
import SecureEPT

extension Mutant {
  package static let staleRetry = Mutant(
    "stale-retry", "a lost cmpxchg is retried with the value that was read before it",
    caughtBy: [.liv1, .bug1], scenario: "lockless",
    breaks: .mmu(.staleRetry))
}
