/// Mutant `early-free`. `tdp_mmu_free_sp()` in place of `call_rcu()`.
import SecureEPT

extension Mutant {
  package static let earlyFree = Mutant(
    "early-free", "a table is freed without a grace period", caughtBy: [.rcu1], scenario: "fault-recover",
    breaks: .mmu(.earlyFree))
}
