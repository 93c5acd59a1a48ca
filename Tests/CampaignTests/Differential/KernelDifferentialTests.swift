/// The model against kernels: alike as they are, and not where one is broken.
import Campaign
import KernelMMU
import MirrorMMU
import Testing

@Suite(.enabled(if: KernelTrees.newest != nil, KernelTrees.why)) struct KernelDifferentialTests {
  private func run(
    _ kernel: KernelSubject, episodes: UInt64, seed: UInt64 = 1, mutant: Mutant? = nil
  ) -> DiffRecord {
    var configuration = DifferentialConfiguration(seed: seed)
    configuration.episodes = episodes
    configuration.kernel = kernel
    configuration.mutant = mutant
    if let followed = ProtocolName(rawValue: kernel.followedProtocol) { configuration.protocolName = followed }
    return Runs.named { Differential(configuration: configuration, stateName: $0).run() }
  }

  @Test(arguments: KernelTrees.all) func `a kernel as it is does what the model does`(tree: String) throws {
    // However many trees there are: a few episodes each.
    let episodes: UInt64 = tree == KernelTrees.newest ? 1_000 : 300
    let kernel = try KernelSubject.open(tree)
    let record = run(kernel, episodes: episodes)
    #expect(record.verdict == .alike, "\(record.difference?.class ?? "") \(record.harnessFaults)")
    #expect(record.episodes == episodes && record.kernel != nil && record.model == kernel.followedProtocol)
  }

  @Test func `a broken model does not`() throws {
    #expect(run(try KernelTrees.kernel(), episodes: 1_000, mutant: .restoreNew).verdict == .differs)
  }

  @Test(arguments: [
    ("is_leaf ? 1 : -1", "is_leaf ? 1 : 0", "statistics"),
    ("new_spte = iter.old_spte & ~PT_WRITABLE_MASK;", "new_spte = iter.old_spte & ~shadow_dirty_mask;", "wrprot"),
    ("\treturn iter->next_last_level_gfn != iter->yielded_gfn;", "\treturn false;", "yield"),
    ("tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);\n\n\t\t/*", "\n\n\t\t/*", "MAP-1"),
  ])
  func `a broken kernel does not`(text: String, replacement: String, kind: String) throws {
    let record = run(try KernelTrees.broken([(text, replacement)]), episodes: 5_000)
    let difference = try #require(record.difference)
    #expect(difference.class.contains(kind))
    #expect(difference.shownOperations <= 3)
  }
}
