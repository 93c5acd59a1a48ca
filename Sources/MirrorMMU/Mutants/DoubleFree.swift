/// Mutant `double-free`. `call_rcu()` once by `handle_removed_pt()` and once more by whoever unlinked the table.
import SecureEPT

extension Mutant {
  package static let doubleFree = Mutant(
    "double-free", "a removed table is handed to RCU twice", caughtBy: [.rcu1], scenario: "teardown",
    breaks: .mmu(.doubleFree))
}
