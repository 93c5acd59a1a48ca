/// What a sequential episode did, operation by operation: what is compared.
import Machine

package struct EpisodeTrace: Sendable {
  /// How an operation came out, as far as it is compared.
  package enum Result: String, Sendable {
    case done, nothing, spurious, lost, stopped

    /// `ModelLimit.retries`
    init(_ effect: Effect) {
      switch effect.outcome {
      case .done, .retried, .yielded: self = effect.mapped?.isNew == false ? .spurious : .done
      case .nothing: self = .nothing
      case .spurious: self = .spurious
      case .lost: self = .lost
      case .stopped, .failed: self = .stopped
      }
    }
  }

  package struct Operation: Sendable {
    package var steps: [ComparedStep] = []
    package var result = Result.stopped
    /// Times that all vCPUs were made to leave the guest.
    package var kicks: UInt64 = 0
    /// Checker and text of a broken rule, nil for none.
    package var violation: String?
    /// Of all tables, as they stood when it ended.
    package var tables: UInt64 = 0
    /// The same entry by entry, where that was asked for.
    package var entries: [TableEntry] = []

    package init() {}
  }

  package struct Statistics: Equatable, Sendable {
    /// Leaf pages by level, 4K first.
    package var pages: [Int64] = []
    /// Linked page tables; nil where a kernel does not count them.
    package var tables: Int64?
    package var possibleNxHugePages: Int64 = 0

    package init() {}
  }

  /// In order: those of the setup, the steps, and the VM's end if the episode has one. Fewer if a rule was broken.
  package var operations: [Operation] = []
  /// Before the VM's end.
  package var statistics = Statistics()
  package var harnessFault: String?

  package init() {}
}
