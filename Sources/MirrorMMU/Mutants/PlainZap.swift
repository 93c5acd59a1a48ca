/// Mutant `plain-zap`. The processor sets D, and a fast page fault W, with no lock: a store loses what it has not seen.
import SecureEPT

extension Mutant {
  package static let plainZap = Mutant(
    "plain-zap", "a zap under the exclusive lock stores over an entry whose W or D may change, without an xchg",
    caughtBy: [.dirt1], scenario: "hardware-ad", operations: [.touch],
    breaks: .mmu(.plainZap))
}
