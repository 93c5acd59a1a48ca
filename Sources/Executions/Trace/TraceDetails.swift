/// What a renderer needs of a step beyond its line in a table: which entries it changed, and what begins or ends
/// with it.
import Checkers
import Machine
import Records

struct TraceDetails {
  /// By thread: what it does and has not ended yet.
  private var operations: [Int: String] = [:]
  private var locks: [Int: String] = [:]
  private var waits: [Int: String] = [:]

  /// The S-EPT entry beside the focus and those that SEAMCALLs of an execution were about, each once.
  static func externalEntries(_ events: [Event], focus: TraceFocus?) -> [TraceExternal] {
    var seen = Set<TraceExternal>()
    var places = events.filter { $0.kind == .seamcall && $0.level > 0 }.map { event in
      TraceExternal(gfn: event.gfn, level: Int(event.level))
    }
    if let focus, focus.isMirror { places.append(TraceExternal(gfn: focus.gfn, level: focus.level)) }
    return places.filter { seen.insert($0).inserted }
  }

  func changes(_ step: TraceStep) -> [Interleaving.Change] {
    let own = step.events.filter { $0.isAccess && $0.kind != .cmpxchgLost && $0.old != $0.new }.map { event in
      Interleaving.Change(
        table: "\(event.root)", gfn: event.gfn.hex, level: Int(event.level),
        old: describeSpte(event.old, event.level), new: describeSpte(event.new, event.level))
    }
    let external = step.externalChanges.map { change in
      Interleaving.Change(
        table: "S-EPT", gfn: change.at.gfn.hex, level: change.at.level,
        old: TraceActions.text(change.old), new: TraceActions.text(change.new))
    }
    return own + external
  }

  mutating func marks(_ step: TraceStep) -> [Interleaving.Mark] {
    var marks: [Interleaving.Mark] = []
    if let begins = step.begins {
      operations[step.thread] = TraceActions.operation(begins)
      marks.append(.init(.operation, TraceActions.operation(begins), begins: true))
    }
    if let waited = waits[step.thread], !step.isBlocked {
      waits[step.thread] = nil
      marks.append(.init(.wait, waited, begins: false))
    }
    for event in step.events { marks += lock(event, step.thread) }
    if step.isReading != step.wasReading { marks.append(.init(.rcu, "RCU", begins: step.isReading)) }
    if step.isBlocked && waits[step.thread] == nil {
      waits[step.thread] = step.waits.lockName
      marks.append(.init(.wait, step.waits.lockName, begins: true))
    }
    if step.ends { marks.append(.init(.operation, operations.removeValue(forKey: step.thread) ?? "", begins: false)) }
    return marks
  }

  private mutating func lock(_ event: Event, _ thread: Int) -> [Interleaving.Mark] {
    switch event.kind {
    case .readLock, .writeLock:
      let name = event.kind == .readLock ? "mmu_lock for read" : "mmu_lock for write"
      locks[thread] = name
      return [.init(.lock, name, begins: true)]
    case .readUnlock, .writeUnlock:
      return [.init(.lock, locks.removeValue(forKey: thread) ?? "mmu_lock", begins: false)]
    default: return []
    }
  }
}

extension Task.Waiting {
  fileprivate var lockName: String {
    switch self {
    case .mmuLockRead, .mmuLockWrite: "mmu_lock"
    case .readersToLeave: "readers of mmu_lock"
    case .pagesLock: "tdp_mmu_pages_lock"
    case .septLock: "the S-EPT's lock"
    case .slotsLock: "slots_lock"
    case .guestExit: "vCPUs to leave the guest"
    case .frozenSpte: "a frozen SPTE"
    case .faultRetry: "a retry of the fault"
    case .busySeamcall: "a busy SEAMCALL"
    case .nothing: "others"
    }
  }
}
