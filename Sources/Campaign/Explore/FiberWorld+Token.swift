/// The subject of a token.
import KernelMMU
import MirrorMMU

extension FiberWorld.Subject {
  /// - Parameter kernel: for a kernel's token, what it is run on.
  init(_ token: Token, _ kernel: KernelSubject?) {
    self.init(
      protocolName: token.protocolName, mutant: token.mutant, policy: token.episode.policy,
      kernel: token.kernelTree == nil ? nil : kernel)
  }
}
