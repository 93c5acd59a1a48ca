/// Mutant `ignore-frozen`. The check of `kvm_tdp_mmu_map()`. The kernel's own WARN stands one step before the write
/// that FRZ-2 would see.
import SecureEPT

extension Mutant {
  package static let ignoreFrozen = Mutant(
    "ignore-frozen", "the fault path does not check for FROZEN", caughtBy: [.bug1, .frz2], scenario: "fault-fault",
    breaks: .mmu(.ignoreFrozen))
}
