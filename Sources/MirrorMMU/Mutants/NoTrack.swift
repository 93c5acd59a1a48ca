/// Mutant `no-track`. `tdx_track()` left out between RANGE.BLOCK and PAGE.REMOVE.
import SecureEPT

extension Mutant {
  package static let noTrack = Mutant(
    "no-track", "PAGE.REMOVE without TRACK", caughtBy: [.tlb1], scenario: "fault-zap",
    breaks: .glue(.noTrack))
}
