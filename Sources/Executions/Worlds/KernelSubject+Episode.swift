/// What a kernel cannot run.
import Episodes
import KernelMMU

extension KernelSubject {
  /// Why this kernel cannot run an episode as it stands, or a token of one; nil if it can.
  package func objection(to episode: Episode) -> String? {
    guard !hasMirrorRoots, episode.needsPrivateMemory else { return nil }
    return TreeRoots.reason(version: version)
  }
}
