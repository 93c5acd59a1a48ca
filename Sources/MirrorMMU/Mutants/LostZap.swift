/// Mutant `lost-zap`. Aging and fast page faults change leaves without mmu_lock: a zap has to reckon with them.
import SecureEPT

extension Mutant {
  package static let lostZap = Mutant(
    "lost-zap", "a zap skips an entry it lost the race for instead of retrying",
    caughtBy: [.map1], scenario: "lockless",
    breaks: .mmu(.lostZap))
}
