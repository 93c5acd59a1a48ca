/// The subject of a token, and the token of what a world runs.
import Episodes
import KernelMMU
import Machine
import MirrorMMU
import Scheduling

extension Subject {
  /// - Parameter kernel: for a kernel's token, what it is run on.
  package init(_ token: Token, _ kernel: KernelSubject?) {
    self.init(token.protocolName, token.mutant, token.kernelTree == nil ? nil : kernel)
  }
}

extension Token {
  package init(
    _ subject: Subject, plainAccesses: Bool, episode: Episode, schedule: Schedule, checker: CheckerID, eventHash: UInt64
  ) {
    let protocolName = if case .model(let name, _) = subject { name } else { ProtocolName.mainline }
    self.init(
      protocolName: protocolName, mutant: subject.mutant, kernelTree: subject.kernel?.treeHash,
      plainAccesses: plainAccesses, episode: episode, schedule: schedule, checker: checker, eventHash: eventHash)
  }
}

extension FiberWorld {
  /// Notes what is run from here on, if anybody wants to know after this process's end.
  func beginFlight() {
    guard let place else { return }
    let token = Token(
      subject, plainAccesses: subject.hasPlainAccesses, episode: episode, schedule: Schedule(), checker: .oops1,
      eventHash: 0)
    place.describe(token.text, hasLog: scheduler.logsToFlight)
    place.enter(.preparing)
  }
}
