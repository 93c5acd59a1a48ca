/// Mutant `steal-frozen`. The loop of `handle_removed_pt()`. Only a mirror's table that is removed under the shared
/// lock has entries that others hold frozen, so only the experiment with policy `huge-shared` reaches it.
import SecureEPT

extension Mutant {
  package static let stealFrozen = Mutant(
    "steal-frozen", "the walk over a removed table does not wait for FROZEN entries",
    caughtBy: [.ord4, .eq1, .bug1], scenario: "mirror-prune", policy: .hugeShared, operations: [.pruneMirror],
    breaks: .mmu(.stealFrozen))
}
