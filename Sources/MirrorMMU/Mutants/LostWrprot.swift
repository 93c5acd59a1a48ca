/// Mutant `lost-wrprot`. The processor and aging change leaves without mmu_lock: write-protection has to try again.
import SecureEPT

extension Mutant {
  package static let lostWrprot = Mutant(
    "lost-wrprot", "write-protection and clearing of dirty bits skip an entry they lost the race for",
    caughtBy: [.wp1], scenario: "hardware-ad", operations: [.touch],
    breaks: .mmu(.lostWrprot))
}
