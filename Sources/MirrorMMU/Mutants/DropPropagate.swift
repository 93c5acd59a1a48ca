/// Mutant `drop-propagate`. What the removal test `!is_present` comes to: mirror and S-EPT part without a word.
import SecureEPT

extension Mutant {
  package static let dropPropagate = Mutant(
    "drop-propagate", "a leaf that becomes a table is not propagated",
    caughtBy: [.dup1, .eq1], scenario: "fault-split", policy: .huge,
    breaks: .mmu(.dropPropagate))
}
