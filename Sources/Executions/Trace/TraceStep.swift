/// One step of an execution as the recorder takes it down: what is needed to name it and to tell whether it matters.
import CAtomics
import Machine

/// What stands in an entry, as a reader of the tables finds it.
enum TraceValue: Equatable {
  /// Nothing is known about it, or it does not exist.
  case none
  /// No table is there that would hold it.
  case noTable
  /// A leaf of this level maps the gfn instead.
  case underLeaf(level: Int)
  /// Its table has been freed.
  case freed
  /// Its table is in no tree any more, and has not been freed.
  case unlinked(UInt64, level: Int)
  case spte(UInt64, level: Int)
  /// Without the lock bit: a SEAMCALL holds it while it works.
  case sept(UInt64)
  /// A word of the common model.
  case word(UInt64)
}

/// An S-EPT entry, by what it translates: the one at its place may be in another table after each step.
struct TraceExternal: Hashable {
  var gfn: Gfn
  var level: Int
}

struct TraceStep {
  /// What the step accesses.
  enum Place: Equatable {
    case none
    case entry(UInt32, gfn: Gfn, level: Int, root: PageHeader.Kind)
    case microSpte, microExternal
    case mmuLock, rcu
    /// A word of the subject, or a lock.
    case word(String)
  }

  /// From 1.
  var number: Int
  var thread: Int
  /// `schedule_kind`
  var kind: UInt32
  var place: Place
  /// The 8 bytes in which the access begins: tells words apart within one execution, and is never shown.
  var word: UInt = 0
  /// What the entry or word held before the step.
  var before: UInt64 = 0
  /// The entry's table was in no tree before the step: not yet, or not any more.
  var isUnlinked = false
  /// Where in the subject's code, if that has a name.
  var code: UnsafeRawPointer?
  var isPreemption = false
  /// What the thread waited for before and after the step.
  var waited: Task.Waiting = .nothing
  var waits: Task.Waiting = .nothing
  var isBlocked = false
  /// Of the focus, after the step.
  var spte = TraceValue.none
  var external = TraceValue.none
  /// What the statistics of a level count after the step, and what the tables hold; nil where nobody asked.
  var statistics: (counted: Int64, held: Int64)?
  /// S-EPT entries that are another after the step.
  var externalChanges: [(at: TraceExternal, old: TraceValue, new: TraceValue)] = []
  /// Whether the thread is in an RCU section before and after the step.
  var wasReading = false
  var isReading = false
  /// What the thread emitted in this step, less what begins an operation: that belongs to the operation's first step.
  var events: [Event] = []
  var begins: Event?
  var ends: Bool { events.contains { $0.kind == .operationEnd } }
  var access: Event? { events.first { $0.isAccess } }
  /// What an access has left in an entry that is not told to have changed: FROZEN, where a removed table was emptied.
  var isWrite: Bool {
    switch schedule_kind(kind) {
    case SCHEDULE_STORE, SCHEDULE_PLAIN_STORE, SCHEDULE_RMW: access?.kind != .cmpxchgLost
    default: false
    }
  }
  var seamcall: Event? { events.first { $0.kind == .seamcall } }

  /// The thread was woken and looks again whether its wait is over.
  var isWoken: Bool {
    switch waited {
    case .mmuLockRead, .mmuLockWrite, .readersToLeave, .pagesLock, .septLock, .slotsLock, .guestExit: true
    case .nothing, .frozenSpte, .faultRetry, .busySeamcall: false
    }
  }

  /// An access that the subject does not annotate.
  var isPlain: Bool { kind == SCHEDULE_PLAIN_LOAD.rawValue || kind == SCHEDULE_PLAIN_STORE.rawValue }

  func has(_ kind: Event.Kind) -> Bool { events.contains { $0.kind == kind } }
}

extension Event {
  /// Of an SPTE.
  var isAccess: Bool {
    switch kind {
    case .cmpxchg, .cmpxchgLost, .xchg, .fetchAnd, .store: true
    default: false
    }
  }
}
