/// What is run: a protocol of the model, with a mutant or without, or a user's kernel.
import KernelMMU
import MirrorMMU
import SecureEPT

extension FiberWorld {
  /// What does not change from episode to episode.
  package struct Subject: Sendable, Equatable {
    package var protocolName: ProtocolName
    package var mutant: Mutant?
    package var policy: Policy
    /// The subject, if it is not the model; protocol and mutant say nothing then.
    package var kernel: KernelSubject?

    package init(
      protocolName: ProtocolName, mutant: Mutant?, policy: Policy, kernel: KernelSubject? = nil
    ) {
      self.kernel = kernel
      self.protocolName = protocolName
      self.mutant = mutant
      self.policy = policy
    }

    /// Accesses that nothing announces are schedule points too.
    package var hasPlainAccesses: Bool { kernel?.plainAccesses ?? false }
    /// RACE-1 is looked at.
    package var checksRaces: Bool { hasPlainAccesses && kernel?.checksRaces ?? false }
  }
}
