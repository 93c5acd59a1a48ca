/// Mutant `busy-spin`. What tdx.c must not do: an injected BUSY lasts until mmu_lock is dropped.
import SecureEPT

extension Mutant {
  package static let busySpin = Mutant(
    "busy-spin", "BUSY is retried for ever while the entry stays frozen", caughtBy: [.liv1], scenario: "busy",
    breaks: .glue(.busySpin))
}
