/// Mutant `recover-invalidated`. `recover_huge_pages_range()` as Linux 7.3 has it: it does not look at
/// `mmu_invalidate_in_progress`.
import SecureEPT

extension Mutant {
  package static let recoverInvalidated = Mutant(
    "recover-invalidated", "huge pages are recovered in a region whose unmap has yielded",
    caughtBy: [.map1], scenario: "recover-unmap",
    breaks: .mmu(.recoverInvalidated))
}
