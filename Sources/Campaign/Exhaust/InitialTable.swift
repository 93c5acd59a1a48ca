/// What stands in the page tables before a pair of operations races.
import Episodes
import Machine
import SecureEPT

package struct InitialTable: Sendable, Equatable {
  package var name: String
  package var summary: String
  package var isPrivate: Bool
  package var populated: [Request]
  /// Only where private memory is mapped by huge pages.
  var needsHuge = false
  /// Private memory may be mapped by huge pages, where the policy has them: a region is then for good.
  var allowsHuge = true
  /// Of a kernel alone: of the model nothing is left that it could show.
  package var isOfKernel = false

  private init(
    _ name: String, _ summary: String, isPrivate: Bool, _ operations: [(Operation, Gfn, UInt64)] = [],
    needsHuge: Bool = false, allowsHuge: Bool = true, isOfKernel: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.isPrivate = isPrivate
    self.needsHuge = needsHuge
    self.allowsHuge = allowsHuge
    self.isOfKernel = isOfKernel
    populated = operations.map { operation, gfn, draw in
      let range = operation == .logDirty ? OperationVariant.slot : gfn..<gfn + 1
      return Request(operation: operation, range: range, draw: draw)
    }
  }

  private static let gfn = OperationVariant.gfn
  /// In the next 2M region: its tables are this one's but for the last.
  private static let far: Gfn = 512 + 8

  package static func all(_ policy: Policy) -> [InitialTable] {
    [
      InitialTable("private-empty", "private memory, only the root", isPrivate: true),
      InitialTable(
        "private-upper", "private memory, all tables but the last", isPrivate: true, [(.fault, far, 0)]),
      InitialTable(
        "private-table", "private memory, the neighbour is mapped", isPrivate: true, [(.fault, gfn + 1, 0)],
        allowsHuge: false),
      InitialTable(
        "private-leaf", "private memory, the gfn is mapped", isPrivate: true, [(.fault, gfn, 0)], allowsHuge: false),
      InitialTable(
        "private-2m", "private memory, mapped by a 2M page", isPrivate: true, [(.fault2M, gfn, 1)], needsHuge: true),
      InitialTable("shared-empty", "shared memory, only the root", isPrivate: false),
      InitialTable("shared-upper", "shared memory, all tables but the last", isPrivate: false, [(.fault, far, 0)]),
      InitialTable("shared-table", "shared memory, the neighbour is mapped", isPrivate: false, [(.fault, gfn + 1, 0)]),
      InitialTable("shared-leaf", "shared memory, the gfn is mapped", isPrivate: false, [(.fault, gfn, 0)]),
      InitialTable(
        "shared-read-only", "shared memory, the gfn is mapped and write-protected", isPrivate: false,
        [(.fault, gfn, 0), (.wrprot, gfn, 0)]),
      InitialTable(
        "shared-clean", "shared memory, the gfn is mapped and its D bit is clear", isPrivate: false,
        [(.fault, gfn, 0), (.clearDirty, gfn, 0)], isOfKernel: true),
      InitialTable("shared-2m", "shared memory, mapped by a 2M page", isPrivate: false, [(.fault2M, gfn, 1)]),
      InitialTable(
        "shared-2m-read-only", "shared memory, mapped by a 2M page and write-protected", isPrivate: false,
        [(.fault2M, gfn, 1), (.wrprot, gfn, 0)]),
      InitialTable(
        "shared-logged", "shared memory, dirty logging is on, the gfn is mapped and dirty", isPrivate: false,
        [(.fault, gfn, 0), (.logDirty, 0, 0), (.fault, gfn, 0)]),
      InitialTable(
        "shared-logged-clean", "shared memory, dirty logging is on, the gfn is mapped and its D bit is clear",
        isPrivate: false, [(.fault, gfn, 0), (.logDirty, 0, 0), (.fault, gfn, 0), (.clearDirty, gfn, 0)],
        isOfKernel: true),
      InitialTable(
        "shared-nx", "shared memory, a table made for the NX mitigation", isPrivate: false, [(.fault2M, gfn, 0)]),
    ].filter { !$0.needsHuge || policy.mapsHuge }
  }

  /// What is alone has the VM's end after it, which takes down whole subtrees (CONFIG_KVM_PROVE_MMU): that is no race,
  /// and what it shows needs none.
  /// - Parameter answers: whether SEAMCALLs may be busy and walks may yield.
  func episode(_ operations: [OperationVariant], policy: Policy, answers: Bool) -> Episode {
    Episode(
      scenario: "exhaust", policy: policy,
      regions: Array(repeating: Episode.Region(isPrivate: isPrivate, allowsHuge: allowsHuge), count: 2),
      provesMmu: operations.count == 1, populated: populated, threads: operations.map { [$0.request] },
      injectsBusy: answers && isPrivate, mayYield: answers, endsInTeardown: operations.count == 1)
  }
}
