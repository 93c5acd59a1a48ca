/// The subject of a token, and the token of what a world runs.
import Episodes
import Exploration
import KernelMMU
import Machine

extension FiberWorld.Subject {
  /// - Parameter kernel: for a kernel's token, what it is run on.
  package init(_ token: Token, _ kernel: KernelSubject?) {
    self.init(
      protocolName: token.protocolName, mutant: token.mutant, policy: token.episode.policy,
      kernel: token.kernelTree == nil ? nil : kernel)
  }
}

extension FiberWorld {
  /// Notes what is run from here on, if anybody wants to know after this process's end.
  func beginFlight() {
    guard let place else { return }
    let token = Token(
      protocolName: subject.protocolName, mutant: subject.mutant, kernelTree: subject.kernel?.treeHash,
      episode: episode, schedule: Schedule(), checker: .oops1, eventHash: 0)
    place.describe(token.text, hasLog: scheduler.logsToFlight)
    place.enter(.preparing)
  }
}
