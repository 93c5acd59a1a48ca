/// Mutant `zap-whole`. `kvm_split_cross_boundary_leafs()` left out: pages that the guest has accepted beyond the zapped
/// range lose their contents, while mirror and S-EPT agree.
import SecureEPT

extension Mutant {
  package static let zapWhole = Mutant(
    "zap-whole", "a private 2M page across an end of a zapped range is zapped whole, not split first",
    caughtBy: [.acc1], scenario: "guest-zap", policy: .huge,
    breaks: .mmu(.zapWhole))
}
