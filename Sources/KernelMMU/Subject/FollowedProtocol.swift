/// Which update protocol a tree follows, read in its `tdp_mmu.c`: who calls the hooks that tell the external table.
import Foundation

package enum FollowedProtocol: String, Sendable, CaseIterable {
  /// Up to Linux 7.1: whoever changes an SPTE calls the hook.
  case callerPropagates = "caller-propagates"
  /// The change handler removes, the shared path sets.
  case patch08 = "patch-08"
  /// One hook, called by the shared path and by the change handler.
  case seriesEnd = "series-end"
  /// One hook, called by the change handler alone, before tracing and statistics.
  case mainline

  /// - Parameter tdpMmu: the content of `arch/x86/kvm/mmu/tdp_mmu.c`.
  /// - Returns: nil for one that tells no external table.
  package init?(tdpMmu: [UInt8]) {
    let source = CSource(path: "tdp_mmu.c", bytes: tdpMmu)
    // Of functions with a body: a prototype mentions no hook.
    func calls(_ function: String, _ hook: String) -> Bool {
      source.items.contains {
        $0.kind == .function && $0.body != nil && $0.names.contains(function)
          && source.identifiers(in: $0).contains(hook)
      }
    }
    let handlers = ["handle_changed_spte", "__handle_changed_spte"]
    let everyone = source.items.filter { $0.kind == .function && $0.body != nil }
      .reduce(into: Set<String>()) { $0.formUnion(source.identifiers(in: $1)) }
    if everyone.contains("remove_external_spte") {
      self = handlers.contains { calls($0, "remove_external_spte") } ? .patch08 : .callerPropagates
    } else if everyone.contains("set_external_spte") {
      self = calls("__tdp_mmu_set_spte_atomic", "set_external_spte") ? .seriesEnd : .mainline
    } else {
      return nil
    }
  }

  /// Aging clears bits whatever the SPTE holds by then: Linux 6.15 to 7.1.
  package static func agesByFetchAnd(_ tree: URL) -> Bool {
    guard let bytes = KernelStage.contents(tree.appendingPathComponent("arch/x86/kvm/mmu/tdp_mmu.c")) else {
      return false
    }
    let source = CSource(path: "tdp_mmu.c", bytes: bytes)
    return source.items.contains {
      $0.kind == .function && $0.body != nil && $0.names.contains("kvm_tdp_mmu_age_spte")
        && source.identifiers(in: $0).contains("tdp_mmu_clear_spte_bits_atomic")
    }
  }

  /// Of a tree.
  static func of(_ tree: URL) -> FollowedProtocol? {
    KernelStage.contents(tree.appendingPathComponent("arch/x86/kvm/mmu/tdp_mmu.c"))
      .flatMap { FollowedProtocol(tdpMmu: $0) }
  }
}
