/// What is run: a protocol of the model, as it is or with a mutant, or a user's kernel.
import Episodes
import KernelMMU
import MirrorMMU

package enum Subject: Sendable, Equatable {
  case model(ProtocolName, Mutant?)
  case kernel(KernelSubject)

  /// A kernel is asked for in the place of the model: protocol and mutant say nothing then.
  package init(_ protocolName: ProtocolName, _ mutant: Mutant?, _ kernel: KernelSubject?) {
    self = kernel.map(Subject.kernel) ?? .model(protocolName, mutant)
  }

  package var kernel: KernelSubject? {
    if case .kernel(let kernel) = self { kernel } else { nil }
  }

  package var isKernel: Bool { kernel != nil }

  package var mutant: Mutant? {
    if case .model(_, let mutant) = self { mutant } else { nil }
  }

  /// What stands in the place of a protocol in records.
  package var name: String {
    switch self {
    case .model(let protocolName, _): protocolName.rawValue
    case .kernel(let kernel): kernel.name
    }
  }

  /// There is private memory.
  package var hasMirrorRoots: Bool { kernel?.hasMirrorRoots ?? true }
  /// Accesses that nothing announces are schedule points too.
  package var hasPlainAccesses: Bool { kernel?.plainAccesses ?? false }
  /// RACE-1 is looked at.
  package var checksRaces: Bool { hasPlainAccesses && kernel?.checksRaces ?? false }

  /// The episode as it can be run.
  package func fitting(_ episode: Episode) -> Episode {
    isKernel ? episode.forKernel(hasMirrorRoots: hasMirrorRoots) : episode
  }

  /// Why an episode cannot be run as it stands; nil if it can.
  package func objection(to episode: Episode) -> String? { kernel?.objection(to: episode) }

  /// Why no scenario draws the episode for it, in a clause; nil for one that could be drawn.
  package func oddity(of episode: Episode) -> String? { episode.oddity(isKernel: isKernel) }

  /// The same with variables of its own, for a world until it gives them back.
  func borrowed() -> Subject { kernel.map { .kernel($0.borrowed()) } ?? self }

  func giveBack() { kernel?.giveBack() }
}
