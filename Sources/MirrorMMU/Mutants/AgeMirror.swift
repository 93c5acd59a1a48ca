/// Mutant `age-mirror`. `kvm_tdp_mmu_age_spte()` without its WARN_ON_ONCE(is_mirror_sptep()): mirror leaves change
/// under RCU alone, and nobody tells the external table.
import SecureEPT

extension Mutant {
  package static let ageMirror = Mutant(
    "age-mirror", "aging clears A in mirror SPTEs too", caughtBy: [.dup1], scenario: "random",
    breaks: .mmu(.ageMirror))
}
