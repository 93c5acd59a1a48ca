/// Each kernel tree that is in the cache, whatever its release.
import Campaign
import KernelMMU
import Testing

@Suite(.enabled(if: !KernelTrees.all.isEmpty, KernelTrees.why)) struct KernelReleaseTests {
  @Test(arguments: KernelTrees.all) func `a release breaks no rule`(tree: String) throws {
    var configuration = ExploreConfiguration(length: .schedules(300), seed: 7)
    configuration.kernel = try KernelSubject.open(tree)
    let record = Explorations.run(configuration)
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
  }
}

/// What docs/kernel.md says of aging: up to Linux 7.1 an atomic AND that takes a frozen SPTE for a leaf.
@Suite(.enabled(if: !KernelTrees.agingByAnd.isEmpty, "no tree of Linux 6.16 to 7.1: scripts/kernel-tree import"))
struct AgingTests {
  private func explore(_ kernel: KernelSubject) -> RunRecord {
    var configuration = ExploreConfiguration(length: .schedules(20_000), seed: 1)
    configuration.kernel = kernel
    return Explorations.run(configuration)
  }

  @Test(arguments: KernelTrees.agingByAnd) func `aging hits an SPTE that is frozen`(tree: String) throws {
    let violation = try #require(explore(KernelSubject.open(tree)).violations.first)
    #expect(violation.checker == "FRZ-2" && violation.operation == "age", "\(violation.seen)")
    #expect(violation.reproduction?.verified == 3)
  }

  @Test(arguments: KernelTrees.agingByAnd) func `a cmpxchg in its place breaks no rule`(tree: String) throws {
    let record = try explore(Flavours.kernel("age-cmpxchg", over: tree))
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
  }
}

/// Patch 08 of the thread on the release that it is written for: what `stress explore` says in docs/protocols.md.
@Suite(.enabled(if: KernelTrees.tree(of: "7.1") != nil, "no tree of Linux 7.1: scripts/kernel-tree import takes one"))
struct PostedPatchTests {
  private func explore(_ flavour: String, _ scenario: ScenarioName?, schedules: UInt64) throws -> RunRecord {
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(schedules), seed: 1)
    configuration.kernel = try Flavours.kernel(flavour, over: KernelTrees.tree(of: "7.1"))
    return Explorations.run(configuration)
  }

  @Test(arguments: ["patch-08", "patch-08-not-present", "patch-08-shared"])
  func `as posted, and with what the reviewer asks for, it breaks no rule under 4k`(flavour: String) throws {
    let record = try explore(flavour, nil, schedules: 1_000)
    #expect(record.verdict == .clean, "\(record.violations.first?.seen ?? "") \(record.harnessFaults)")
  }

  @Test(arguments: [
    ("patch-08", "tdx_sept_remove_private_spte()"), ("patch-08-shared", "tdx_sept_remove_private_spte()"),
    ("patch-08-not-present", "tdp_mmu_set_spte()"),
  ])
  func `what hears of a split that should not be is another assertion`(flavour: String, place: String) throws {
    let violation = try #require(try explore(flavour, .planted, schedules: 100).violations.first)
    #expect(violation.checker == "BUG-1" && violation.seen.contains(place), "\(violation.seen)")
    #expect(violation.reproduction?.verified == 3)
  }

  @Test func `the patched tree follows the protocol of the patch`() throws {
    #expect(try Flavours.kernel("patch-08", over: KernelTrees.tree(of: "7.1")).followedProtocol == "patch-08")
  }
}
