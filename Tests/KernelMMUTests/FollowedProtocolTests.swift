/// Which protocol a `tdp_mmu.c` follows: told from who calls the hooks.
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct FollowedProtocolTests {
  private func followed(_ functions: [String: String]) -> FollowedProtocol? {
    let text = functions.sorted { $0.key < $1.key }.map { "static void \($0.key)(void)\n{\n\t\($0.value);\n}\n" }
    return FollowedProtocol(tdpMmu: Array(text.joined(separator: "\n").utf8))
  }

  @Test func `callers that remove by themselves are the state before patch 08`() {
    let tree = ["tdp_mmu_set_spte": "remove_external_spte()", "handle_changed_spte": "count()"]
    #expect(followed(tree) == .callerPropagates)
  }

  @Test func `a change handler that removes is patch 08`() {
    let tree = ["handle_changed_spte": "kvm_x86_call(remove_external_spte)()", "set_external_spte_present": "x()"]
    #expect(followed(tree) == .patch08)
  }

  @Test func `one hook that the shared path calls too is the end of the series, and without that call mainline`() {
    let handler = ["handle_changed_spte": "kvm_x86_call(set_external_spte)()"]
    #expect(followed(handler) == .mainline)
    let both = handler.merging(["__tdp_mmu_set_spte_atomic": "kvm_x86_call(set_external_spte)()"]) { $1 }
    #expect(followed(both) == .seriesEnd)
  }

  @Test func `what stands in a comment, and a tree without an external table, say nothing`() {
    #expect(followed(["handle_changed_spte": "/* remove_external_spte() */ x()"]) == nil)
  }

  @Test(arguments: Trees.present) func `a release follows what its hooks say`(version: String) throws {
    let tree = try #require(Trees.path(version))
    let file = tree.appendingPathComponent("arch/x86/kvm/mmu/tdp_mmu.c")
    let known: [String: FollowedProtocol] = ["7.3": .mainline, "7.2": .mainline]
    #expect(try FollowedProtocol(tdpMmu: Array(Data(contentsOf: file))) == known[version])
  }

  @Test(arguments: [("tdp_mmu_clear_spte_bits_atomic(iter->sptep, 1)", true), ("cmpxchg(iter)", false)])
  func `how it ages is read in the function that does`(call: String, isAnd: Bool) throws {
    let scratch = try OwnedScratch()
    let text = "static void kvm_tdp_mmu_age_spte(struct tdp_iter *iter)\n{\n\t\(call);\n}\n"
    try scratch.write(text, to: "arch/x86/kvm/mmu/tdp_mmu.c")
    #expect(FollowedProtocol.agesByFetchAnd(scratch.folder) == isAnd)
  }
}
