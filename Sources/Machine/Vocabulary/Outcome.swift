/// How an operation ended: the rows of the outcome table.
package enum Outcome: UInt8, CaseIterable, Sendable {
  case done, nothing, spurious, retried, yielded, lost, stopped, failed

  package enum Grade: String, Sendable { case acceptable, interesting, forbidden }

  package var name: String {
    switch self {
    case .done: "done"
    case .nothing: "nothing"
    case .spurious: "spurious"
    case .retried: "retried"
    case .yielded: "yielded"
    case .lost: "lost"
    case .stopped: "stopped"
    case .failed: "failed"
    }
  }

  package var grade: Grade {
    switch self {
    case .done, .nothing, .spurious, .stopped: .acceptable
    case .retried, .yielded, .lost: .interesting
    case .failed: .forbidden
    }
  }

  /// One sentence for the outcome table.
  package var sentence: String {
    switch self {
    case .done: "Changed the tables at the first attempt."
    case .nothing: "Found nothing to change."
    case .spurious: "Another thread had already done it."
    case .retried: "Changed the tables after meeting a frozen SPTE, a lost cmpxchg, BUSY or a stale fault."
    case .yielded: "Changed the tables and dropped mmu_lock at least once on the way."
    case .lost: "Lost the SPTE to another thread and rightly left it alone."
    case .stopped: "The run ended while it was under way."
    case .failed: "Broke a rule."
    }
  }
}
