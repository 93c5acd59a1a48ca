/// Mutant `stats-early`. The order of the follow-up diff, see the protocol `chokepoint`.
import SecureEPT

extension Mutant {
  package static let statsEarly = Mutant(
    "stats-early", "statistics are updated before the propagation, which can fail", caughtBy: [.cnt1], scenario: "busy",
    breaks: .mmu(.statsEarly))
}
