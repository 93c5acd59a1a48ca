/// What a kernel is asked by running it, and not by its version: whether it maps private memory by 2M pages.
import Episodes
import Executions
import KernelMMU
import Machine
import SecureEPT

extension KernelSubject {
  /// Why this tree cannot be run under a policy, a part of a sentence; nil if it can.
  package func objection(to policy: Policy) -> String? {
    switch policy {
    case .fourK: return nil
    case .hugeShared: return "is an experiment of the model, not of a kernel"
    case .huge: break
    }
    if !hasMirrorRoots { return "is about private memory: \(TreeRoots.reason(version: version))" }
    guard let world = SequentialWorld(threads: 1, subject: .kernel(self), policy: .huge) else {
      return "could not be tried: no memory"
    }
    let fault = Request(operation: .fault, range: 0..<1, draw: 0)
    let region = Episode.Region(isPrivate: true, allowsHuge: true)
    let episode = Episode(scenario: "", policy: .huge, regions: [region], threads: [[fault]])
    let trace = world.run(SequentialEpisode(episode, draws: SplitMix64(state: 0)), keepsEntries: true)
    let mapped = trace.operations.first?.entries.contains {
      $0.root == .external && $0.level == 2 && SeptEntry.isLeaf($0.value)
    }
    if mapped == true { return nil }
    let why = trace.operations.lazy.compactMap(\.violation).first ?? trace.harnessFault ?? "it mapped 4K pages"
    return "wants a tree that maps private memory by 2M pages, which Linux \(version) does not: \(why)"
  }
}
