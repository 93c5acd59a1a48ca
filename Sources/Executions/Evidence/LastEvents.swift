/// The merged last events before a violation: those of the thread that broke the rule, and what the others did to the
/// same gfn.
import Checkers
import Machine
import Records

package enum LastEvents {
  private static let rows = 32

  /// No task may write events any more.
  package static func gather(_ machine: MachinePointer, _ violation: Violation) -> [RunRecord.EventRow] {
    var found: [(task: Int, event: Event)] = []
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      let events = (max(0, task.pointee.head - Task.eventCapacity)..<task.pointee.head)
        .map { task.pointee.events[$0 & (Task.eventCapacity - 1)] }
        .filter { $0.stamp <= violation.stamp }
      let chosen = id == violation.task ? own(events, violation) : events.filter { isAbout($0, violation) }
      found += chosen.map { (id, $0) }
    }
    found.sort { ($0.event.stamp, $0.task) < ($1.event.stamp, $1.task) }
    return found.suffix(rows).enumerated().map { order, item in row(item.event, item.task, UInt64(order)) }
  }

  /// The violating thread's events, less attempts that did nothing: a retry loop would push everything else out.
  private static func own(_ events: [Event], _ violation: Violation) -> [Event] {
    var chosen: [Event] = []
    for event in events {
      switch event.kind {
      case .tableAllocated: continue
      case .tableFreed where violation.checker != .rcu1: continue
      case .tableDeferred where violation.checker != .rcu1: continue
      case .readUnlock where chosen.last?.kind == .readLock: chosen.removeLast()
      case .writeUnlock where chosen.last?.kind == .writeLock: chosen.removeLast()
      default: chosen.append(event)
      }
    }
    return chosen
  }

  private static func isAbout(_ event: Event, _ violation: Violation) -> Bool {
    switch event.kind {
    case .cmpxchg, .cmpxchgLost, .xchg, .fetchAnd, .store, .seamcall, .tableDeferred, .tableFreed:
      // Above 2M a table spans most of what anyone does: there only what is as high up is about the same entry.
      if violation.level > 2 && event.level < violation.level { return false }
      let pages = Spte.pages(max(1, max(Int(event.level), violation.level)))
      return event.gfn & ~(pages - 1) == violation.gfn & ~(pages - 1)
    case .operationBegin, .operationEnd, .readLock, .readUnlock, .writeLock, .writeUnlock, .lockYielded,
      .tableAllocated:
      return false
    }
  }

  private static func row(_ event: Event, _ task: Int, _ order: UInt64) -> RunRecord.EventRow {
    let (old, new) = values(event)
    let hasGfn = event.kind == .operationBegin || event.kind == .operationEnd || event.level > 0
    return RunRecord.EventRow(
      thread: task, order: order, event: name(event), gfn: hasGfn ? event.gfn.hex : "", level: Int(event.level),
      old: old, new: new)
  }

  private static func name(_ event: Event) -> String {
    switch event.kind {
    case .operationBegin: "begin \(operation(event))"
    case .operationEnd: "end \(operation(event))"
    case .readLock: "read_lock(mmu_lock)"
    case .readUnlock: "read_unlock(mmu_lock)"
    case .writeLock: "write_lock(mmu_lock)"
    case .writeUnlock: "write_unlock(mmu_lock)"
    case .lockYielded: "cond_resched_rwlock"
    case .cmpxchg: "cmpxchg"
    case .cmpxchgLost: "cmpxchg lost"
    case .xchg: "xchg"
    case .fetchAnd: "fetch_and"
    case .store: "store"
    case .seamcall: event.seamcall.name
    case .tableAllocated: "alloc table"
    case .tableFreed: "free table"
    case .tableDeferred: "call_rcu"
    }
  }

  private static func operation(_ event: Event) -> String {
    Operation(rawValue: UInt8(truncatingIfNeeded: event.old))?.name ?? ""
  }

  private static func values(_ event: Event) -> (old: String, new: String) {
    switch event.kind {
    case .cmpxchg, .cmpxchgLost, .xchg, .fetchAnd, .store:
      return (describeSpte(event.old, event.level), describeSpte(event.new, event.level))
    case .seamcall: return ("", event.status.name)
    case .tableAllocated, .tableFreed, .tableDeferred: return ("", "table #\(event.new)")
    case .operationBegin, .operationEnd, .readLock, .readUnlock, .writeLock, .writeUnlock, .lockYielded:
      return ("", "")
    }
  }
}
