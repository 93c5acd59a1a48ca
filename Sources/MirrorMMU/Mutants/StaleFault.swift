/// Mutant `stale-fault`. The sequence comparison of `mmu_invalidate_retry_gfn()` left out: a page that was looked up
/// before a complete zap is mapped after it.
import SecureEPT

extension Mutant {
  package static let staleFault = Mutant(
    "stale-fault", "a fault does not look at mmu_invalidate_seq: what it looked up may be gone",
    caughtBy: [.map1], scenario: "fault-zap",
    breaks: .mmu(.staleFault))
}
