/// The steps of an execution in the kernel's words.
import CAtomics
import Checkers
import Machine

package struct TraceActions {
  let focus: TraceFocus?
  /// The table whose life and death is told, 0 for none.
  let table: UInt32

  /// A table that was handed to RCU before is what broke the rule.
  private let isDeferredAgain: Bool
  /// A word whose reads are told, whatever they stand beside.
  private let told: String
  /// The counter that CNT-1 is about.
  private let statistics: String

  init(_ violation: Violation, focus: TraceFocus?) {
    self.focus = focus
    isDeferredAgain = violation.checker == .rcu1 && violation.seen.hasSuffix(": deferred")
    told = violation.checker == .map1 ? "mmu_invalidate_seq" : ""
    statistics = violation.level == 0 ? "tdp_mmu_pages" : "stat.pages[\(Self.level(violation.level))]"
    table = violation.checker == .rcu1 ? violation.entry / 512 : 0
  }

  /// One action for each step.
  /// - Parameter counted: by the statistics before the first step, where they are told of.
  func texts(_ steps: [TraceStep], counted: Int64? = nil) -> [String] {
    var next = [Int: TraceStep]()
    var following = [TraceStep?](repeating: nil, count: steps.count)
    for index in steps.indices.reversed() {
      following[index] = next[steps[index].thread]
      next[steps[index].thread] = steps[index]
    }
    var locked = [Int: Bool]()
    var yields = [Int: Bool]()
    return steps.indices.map { index in
      let step = steps[index]
      let text = text(
        step, following[index], holdsLock: locked[step.thread] ?? false, yields: yields[step.thread] ?? false,
        counted: index > 0 ? steps[index - 1].statistics?.counted : counted)
      if step.has(.readLock) || step.has(.writeLock) { locked[step.thread] = true }
      if step.has(.readUnlock) || step.has(.writeUnlock) {
        locked[step.thread] = false
        yields[step.thread] = false
      }
      if step.has(.lockYielded) { yields[step.thread] = true }
      return text
    }
  }

  /// - Parameter last: what the statistics counted before the step.
  private func text(
    _ step: TraceStep, _ next: TraceStep?, holdsLock: Bool, yields: Bool, counted last: Int64?
  ) -> String {
    var text = access(step, next, holdsLock: holdsLock)
    if yields && (step.has(.readUnlock) || step.has(.writeUnlock)) { text += ", resched" }
    for event in step.events {
      switch event.kind {
      case .tableAllocated where event.new == UInt64(table): text += "; allocates table #\(event.new)"
      case .tableFreed where event.new == UInt64(table): text += "; frees table #\(event.new)"
      case .tableDeferred:
        text += "; call_rcu table #\(event.new)" + (isDeferredAgain && event.new == UInt64(table) ? ", again" : "")
      default: break
      }
    }
    if step.isBlocked && step.waits == .guestExit && !step.isWoken { text += "; kicks vCPUs" }
    if let counted = step.statistics?.counted, let last, counted != last {
      text += "; \(statistics) \(last) -> \(counted)"
    }
    if step.ends { text += "; end" }
    guard let begins = step.begins else { return text }
    let name = Self.operation(begins)
    // What an operation looks at first is told by its name.
    if step.kind == SCHEDULE_LOAD.rawValue, case .word(let word) = step.place, text == Self.named("READ_ONCE", word),
      word != told
    {
      return name
    }
    return "\(name): \(text)"
  }

  static func operation(_ event: Event) -> String {
    let name = Operation(rawValue: UInt8(truncatingIfNeeded: event.old))?.name ?? ""
    let range = event.gfn.hex + (event.new > 1 ? "-\((event.gfn + event.new - 1).hex)" : "")
    return "\(name) \(range)"
  }

  // MARK: The access

  private func access(_ step: TraceStep, _ next: TraceStep?, holdsLock: Bool) -> String {
    switch schedule_kind(step.kind) {
    case SCHEDULE_LOAD: load(step)
    case SCHEDULE_STORE: store(step)
    case SCHEDULE_RMW: readModifyWrite(step)
    case SCHEDULE_FENCE: "smp_mb"
    case SCHEDULE_RELAX: relax(step)
    case SCHEDULE_SEAMCALL: seamcall(step, next, holdsLock: holdsLock)
    case SCHEDULE_LOCK, SCHEDULE_LOCK_SHARED: step.isWoken ? woken(step) : lock(step)
    case SCHEDULE_UNLOCK: "write_unlock"
    case SCHEDULE_UNLOCK_SHARED: "read_unlock"
    case SCHEDULE_PLAIN_LOAD: plain("plain read", step)
    case SCHEDULE_PLAIN_STORE: plain("plain write", step)
    default: ""
    }
  }

  /// - Parameter word: empty where the subject has no name for it.
  private static func named(_ verb: String, _ word: String) -> String { word.isEmpty ? verb : "\(verb) \(word)" }

  private func load(_ step: TraceStep) -> String {
    switch step.place {
    case .none: "guest access"
    case .word(let name): Self.named("READ_ONCE", name)
    case .entry(_, _, let level, _): "read \(label(step))\(short(step.before, level))"
    case .microSpte, .microExternal: "read \(Self.micro(step.before))"
    case .mmuLock, .rcu: "read"
    }
  }

  private func plain(_ verb: String, _ step: TraceStep) -> String {
    switch step.place {
    case .word(let name): Self.named(verb, name)
    // Filling a table is hundreds of them, so that they have one name, and fold.
    case .entry(_, _, let level, _):
      (focus?.isAbout(step.place) ?? false) ? "\(verb) SPTE" : "\(verb) \(Self.level(level)) SPTE"
    case .none, .mmuLock, .rcu, .microSpte, .microExternal: verb
    }
  }

  private func store(_ step: TraceStep) -> String {
    switch step.place {
    case .entry(_, _, let level, _):
      step.access.map { change($0, label(step), level) } ?? "WRITE_ONCE \(label(step))"
    case .microSpte: "WRITE_ONCE \(Self.text(step.spte))"
    case .microExternal: "external write"
    case .word(let name): Self.named("WRITE_ONCE", name)
    case .none, .mmuLock, .rcu: "WRITE_ONCE"
    }
  }

  private func readModifyWrite(_ step: TraceStep) -> String {
    switch step.place {
    case .entry(_, _, let level, _):
      step.access.map { change($0, label(step), level) } ?? emptyChild(step, level)
    case .microSpte, .microExternal:
      step.spte == .word(step.before) ? "lost cmpxchg, saw \(Self.micro(step.before))" : "cmpxchg FROZEN"
    case .word(let name): Self.named("atomic", name)
    case .none, .mmuLock, .rcu: "xchg"
    }
  }

  /// Only setting an empty entry of a removed table to FROZEN tells of no event. There are hundreds of them, so that
  /// they have one name, and fold.
  private func emptyChild(_ step: TraceStep, _ level: Int) -> String {
    if step.before == Spte.nonpresent && !(focus?.isAbout(step.place) ?? false) {
      return "xchg empty \(Self.level(level)) FROZEN"
    }
    return "xchg \(label(step))FROZEN" + (step.before == Spte.frozen ? ", was FROZEN" : "")
  }

  private func change(_ event: Event, _ label: String, _ level: Int) -> String {
    let new = short(event.new, level)
    return switch event.kind {
    case .cmpxchg: "cmpxchg \(label)\(new)"
    case .cmpxchgLost: label.isEmpty ? "lost cmpxchg, saw \(new)" : "lost cmpxchg \(label)saw \(new)"
    case .fetchAnd: "fetch_and \(label)\(new)"
    case .store: "WRITE_ONCE \(label)\(new)"
    default: "xchg \(label)\(new)" + (event.old == Spte.frozen ? ", was FROZEN" : "")
    }
  }

  /// What the VM's end did, in which nobody races.
  func teardown(_ event: Event) -> String {
    if event.kind == .seamcall { return "VM's end: \(call(event)) -> \(Self.status(event.status))" }
    let place = TraceStep.Place.entry(event.entry, gfn: event.gfn, level: Int(event.level), root: event.root)
    return "VM's end: \(change(event, label(place), Int(event.level)))"
  }

  private func relax(_ step: TraceStep) -> String {
    switch step.waited {
    case .faultRetry: "cpu_relax, fault again"
    case .frozenSpte: "cpu_relax while FROZEN"
    case .busySeamcall: "cpu_relax, call again"
    default: "cpu_relax"
    }
  }

  private func lock(_ step: TraceStep) -> String {
    if step.place == .rcu { return "rcu_read_lock" }
    if case .word(let name) = step.place, !name.isEmpty {
      return "spin_lock \(name)" + (step.isBlocked ? ": waits" : "")
    }
    guard step.place == .mmuLock else { return "spin_lock pages_lock" + (step.isBlocked ? ": waits" : "") }
    let name = step.kind == SCHEDULE_LOCK.rawValue ? "write_lock" : "read_lock"
    return name + (step.isBlocked ? ": waits" : "")
  }

  private func woken(_ step: TraceStep) -> String {
    switch step.waited {
    case .mmuLockRead where !step.isBlocked: "read_lock"
    case .mmuLockWrite where !step.isBlocked, .readersToLeave where !step.isBlocked: "write_lock"
    case .readersToLeave: "waits for readers"
    case .pagesLock: step.isBlocked ? "waits for pages_lock" : "spin_lock pages_lock"
    case .slotsLock: step.isBlocked ? "waits for slots_lock" : "mutex_lock slots_lock"
    case .septLock: step.isBlocked ? "waits for sept_lock" : "spin_lock sept_lock"
    case .guestExit: step.isBlocked ? "waits for vCPU exit" : "vCPUs have left"
    default: "waits for mmu_lock"
    }
  }

  // MARK: SEAMCALLs

  /// A call passes a point before it and, unless it is refused at once, one inside.
  private func seamcall(_ step: TraceStep, _ next: TraceStep?, holdsLock: Bool) -> String {
    if let event = step.seamcall { return "\(call(event)) -> \(Self.status(event.status))" }
    if let event = next?.seamcall, next?.kind == SCHEDULE_SEAMCALL.rawValue { return "\(call(event)) begins" }
    return holdsLock ? "SEAMCALL begins" : "VP.ENTER"
  }

  private func call(_ event: Event) -> String {
    let words = event.seamcall.name.split(separator: ".").dropFirst()
    let name = (words.first == "MEM" || words.first == "PHYMEM" ? words.dropFirst() : words).joined(separator: ".")
    if event.seamcall == .track { return name }
    guard let focus, focus.isAbout(event) else {
      return "\(name) \(event.gfn.hex)/\(Self.level(Int(event.level)))"
    }
    return name
  }

  private static func status(_ status: TdxStatus) -> String {
    status == .operandBusy ? "BUSY" : status.name
  }

  // MARK: Entries and values

  /// Which entry, for all but the one that the table is about, and whether it is in no tree.
  private func label(_ step: TraceStep) -> String { (step.isUnlinked ? "unlinked " : "") + label(step.place) }

  private func label(_ place: TraceStep.Place) -> String {
    guard case .entry(_, let gfn, let level, let root) = place, !(focus?.isAbout(place) ?? false) else { return "" }
    let name = "\(gfn.hex)/\(Self.level(level)) "
    return focus == nil || root == focus?.root ? name : "\(root) \(name)"
  }

  package static func level(_ level: Int) -> String {
    switch level {
    case 1: "4K"
    case 2: "2M"
    case 3: "1G"
    default: "512G"
    }
  }

  /// A value without its pfn, which the last columns show.
  private func short(_ spte: UInt64, _ level: Int) -> String {
    let text = describeSpte(spte, UInt8(truncatingIfNeeded: level))
    guard text.hasPrefix("leaf ") else { return text }
    let flags = text.split(separator: " ").last ?? ""
    return flags == "WAD" ? "leaf" : "leaf \(flags)"
  }

  static func text(_ value: TraceValue) -> String {
    switch value {
    case .none: "-"
    case .noTable: "no table"
    case .underLeaf(let level): "\(self.level(level)) leaf"
    case .freed: "freed"
    case .unlinked(let spte, let level): "unlinked: \(describeSpte(spte, UInt8(truncatingIfNeeded: level)))"
    case .spte(let spte, let level): describeSpte(spte, UInt8(truncatingIfNeeded: level))
    case .sept(let entry): describeSept(entry)
    case .word(let word): micro(word)
    }
  }

  private static func micro(_ word: UInt64) -> String {
    word == MicroModel.present ? "PRESENT" : describeSpte(word, 1)
  }
}
