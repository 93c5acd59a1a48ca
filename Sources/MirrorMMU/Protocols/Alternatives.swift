/// What reviewers of the thread proposed in place of single lines: switches on the protocols that have such a line.
///
/// `--protocol NAME+ALTERNATIVE`. Each stands where the propagation of `handle_changed_spte()` is decided.

package struct Alternatives: OptionSet, Sendable, Hashable, BitwiseCopyable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `!is_present` for `!is_leaf` as the test of a removal (Yan Zhao, first answer to patch 08): a leaf that becomes a
  /// table is none then.
  package static let notPresent = Alternatives(rawValue: 1 << 0)
  /// `KVM_BUG_ON(shared, kvm)` before the external call of the change handler (the same mail).
  package static let bugOnShared = Alternatives(rawValue: 1 << 1)
  /// The change handler calls out only if `!shared` (Yan Zhao, third answer).
  package static let exclusiveOnly = Alternatives(rawValue: 1 << 2)

  package static let named: [(name: String, value: Alternatives, summary: String)] = [
    ("not-present", .notPresent, "the change handler's test of a removal is !is_present, not !is_leaf"),
    ("bug-on-shared", .bugOnShared, "the change handler has a KVM_BUG_ON(shared) before it propagates"),
    ("exclusive-only", .exclusiveOnly, "the change handler propagates only under the exclusive lock"),
  ]

  /// Their names in the order of `named`.
  package var names: [String] { Self.named.filter { contains($0.value) }.map(\.name) }
}

extension TdpMmu {
  /// Whether the change handler may call out, by the alternatives in force.
  @inline(__always) package func mayPropagate(_ change: SpteChange) -> Bool {
    let alternatives = kvm.pointee.alternatives
    if _fastPath(alternatives.isEmpty) || !change.shared { return true }
    if alternatives.contains(.bugOnShared) {
      task.bugOn(true, "KVM_BUG_ON(shared) in handle_changed_spte()", gfn: change.gfn, level: change.level)
    }
    return !alternatives.contains(.exclusiveOnly)
  }
}
