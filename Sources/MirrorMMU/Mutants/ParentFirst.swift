/// Mutant `parent-first`. The order of `handle_removed_pt()` and `free_external_spt()`.
import SecureEPT

extension Mutant {
  package static let parentFirst = Mutant(
    "parent-first", "the external table is freed before its children", caughtBy: [.ord4], scenario: "teardown",
    breaks: .mmu(.parentFirst))
}
