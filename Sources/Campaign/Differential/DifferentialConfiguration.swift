import Episodes
import Executions
import KernelMMU
import MirrorMMU

/// Everything that decides what a comparison does. Two of them with equal configurations, but for `jobs`, give records
/// that are equal but for `timing`.
package struct DifferentialConfiguration: Sendable {
  package var seed: UInt64
  package var episodes: UInt64 = 10_000
  package var firstEpisode: UInt64 = 0
  /// nil for all that are for kernels, each by its share.
  package var scenario: ScenarioName?
  /// Of an episode, 1 to 1024, and the operations of each.
  package var threads = 3
  package var operations = 3
  /// The model's. What a kernel follows is `KernelSubject.followedProtocol`.
  package var protocolName = ProtocolName.mainline
  /// The protocol was asked for, and is not what the tree follows by itself.
  package var choosesProtocol = false
  /// Breaks the model, to see the comparison find it.
  package var mutant: Mutant?
  /// What the model is compared with; nil for the model itself, without the mutant.
  package var kernel: KernelSubject?
  /// Threads of the machine that compare at once.
  package var jobs = 1
  /// Counts what differs by class, instead of ending with the first.
  package var keepsGoing = false

  package init(seed: UInt64) { self.seed = seed }

  var model: Subject { .model(protocolName, mutant) }

  var other: Subject { Subject(protocolName, nil, kernel) }

  /// `ModelLimit.initialPages`
  var addsPagesLate: Bool { kernel?.addsPagesLate ?? false }
  /// What the model does too, as no protocol of the model's own does.
  var agesByFetchAnd: Bool { kernel?.agesByFetchAnd ?? false }
  /// `ModelLimit.nxLock`
  var recoversNxExclusively: Bool { kernel?.recoversNxExclusively ?? false }

  /// What compares one episode again; its number is left out at the end.
  var prefix: String {
    var words = ["stress", "diff"]
    if let kernel { words += ["--kernel-tree", ShellWord.quoted(kernel.path)] }
    words += ["--seed", SeedText.format(seed)]
    if let scenario { words += ["--scenario", scenario.rawValue] }
    if choosesProtocol { words += ["--protocol", protocolName.rawValue] }
    if let mutant { words += ["--mutant", mutant.rawValue] }
    let standard = DifferentialConfiguration(seed: 0)
    if threads != standard.threads { words += ["--threads", "\(threads)"] }
    if operations != standard.operations { words += ["--operations", "\(operations)"] }
    return (words + ["--episodes", "1", "--first-episode"]).joined(separator: " ")
  }
}
