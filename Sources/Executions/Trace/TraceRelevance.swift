/// Which steps of an execution a reader has to see to understand the violation.
import CAtomics
import Machine

struct TraceRelevance {
  private let steps: [TraceStep]
  private let focus: TraceFocus?
  private let violation: Violation
  /// The step that broke the rule, nil if none did.
  private let breaking: Int?
  /// The threads could not go on: their last steps are what a reader wants to see.
  private let isStuck: Bool
  /// Threads that stand in an RCU section at the end.
  private let readers: Set<Int>
  /// Of so few threads each is shown with its operations, if with nothing else: in a minimised schedule all matter.
  private static let alwaysShown = 4

  init(
    _ steps: [TraceStep], focus: TraceFocus?, violation: Violation, breaking: Int?, isStuck: Bool, readers: Set<Int>
  ) {
    self.steps = steps
    self.focus = focus
    self.violation = violation
    self.breaking = breaking
    self.isStuck = isStuck
    self.readers = readers
  }

  /// One answer for each step.
  /// - Parameter changes: the steps after which the focus or its external entry reads otherwise.
  func marks(changes: [Bool]) -> [Bool] {
    var marks = steps.indices.map {
      changes[$0] || isAboutFocus(steps[$0]) || isAboutRule(steps[$0]) || steps[$0].number == breaking
    }
    markReads(&marks)
    markStolen(&marks)
    markStatistics(&marks)
    markCalls(&marks)
    markPlain(&marks)
    // A rule about no entry: who had the tables to himself meanwhile is what is known of it.
    if focus == nil {
      for index in steps.indices where steps[index].has(.writeLock) || steps[index].has(.writeUnlock) {
        marks[index] = true
      }
    }
    if isStuck { markEnds(&marks) { _ in true } }
    // Whoever stands at the other access of a race: how it came there.
    if violation.checker == .race1 {
      let standing = Set(violation.accesses.map(\.task))
      markEnds(&marks) { standing.contains($0) }
    }
    if violation.checker == .rcu1 { markReaders(&marks) }
    var involved = Set(steps.indices.filter { marks[$0] }.map { steps[$0].thread })
    involved.insert(violation.task)
    markSections(&marks, involved)
    markSilent(&marks)
    // What the threads still did before the rule was found broken.
    if let breaking { for index in steps.indices where steps[index].number > breaking { marks[index] = false } }
    return marks
  }

  // MARK: Steps by themselves

  private func isAboutFocus(_ step: TraceStep) -> Bool {
    guard let focus else { return step.place == .microSpte || step.place == .microExternal }
    if let event = step.access {
      if focus.isAbout(event) { return true }
      // A table above it that goes takes it along.
      if focus.isBelow(event) && Spte.isShadowPresent(event.old) && !Spte.isShadowPresent(event.new) { return true }
    } else if step.kind == SCHEDULE_RMW.rawValue && focus.isAbout(step.place) {
      return true
    }
    if let event = step.seamcall, focus.isAbout(event) { return true }
    return false
  }

  private func isAboutRule(_ step: TraceStep) -> Bool {
    switch violation.checker {
    case .rcu1:
      return step.events.contains {
        switch $0.kind {
        case .tableAllocated, .tableFreed, .tableDeferred: $0.new == UInt64(violation.entry / 512)
        default: false
        }
      }
    case .tlb1:
      if step.waited == .guestExit || step.waits == .guestExit { return true }
      if let event = step.seamcall { return event.seamcall == .track || event.seamcall == .accept }
      return step.place == .none && step.kind == SCHEDULE_LOAD.rawValue
    case .map1, .eq1:
      // How a fault that is found at rest could have known: the zap that it missed.
      if violation.checker == .map1, breaking == nil, step.place == .word("mmu_invalidate_seq") { return true }
      // What stood below the huge page that the rule was broken with.
      guard let event = step.access, let focus, event.root == focus.root else { return false }
      return event.gfn == violation.gfn && Int(event.level) < focus.level
    case .cnt1: return step.seamcall?.status == .operandBusy
    case .ord4:
      guard let focus else { return false }
      // What is above the entry, and the children for which a table cannot leave.
      return step.events.contains { event in
        guard event.isAccess else { return event.kind == .seamcall && (focus.isBelow(event) || focus.isAbove(event)) }
        return focus.isBelow(event) || (focus.isAbove(event) && event.kind != .cmpxchgLost && event.old != event.new)
      }
    case .liv1: return step.seamcall?.status == .operandBusy
    default: return false
    }
  }

  // MARK: Steps by what is around them

  /// FROZEN SPTEs that another thread than the one that froze them has written: who froze it, what its owner went on to
  /// do with it, and who took it away.
  private func markStolen(_ marks: inout [Bool]) {
    var frozen = [UInt32: (thread: Int, steps: [Int])]()
    for index in steps.indices {
      let step = steps[index]
      if let event = step.seamcall {
        for (entry, owner) in frozen where owner.thread == step.thread {
          guard case .entry(_, event.gfn, Int(event.level), .mirror) = steps[owner.steps[0]].place else { continue }
          frozen[entry]?.steps.append(index)
        }
      }
      guard case .entry(let entry, _, _, _) = step.place, step.isWrite else { continue }
      if step.before == Spte.frozen, let owner = frozen[entry], owner.thread != step.thread {
        for marked in owner.steps + [index] { marks[marked] = true }
      }
      let leavesFrozen = step.access.map { $0.new == Spte.frozen } ?? (step.kind == SCHEDULE_RMW.rawValue)
      frozen[entry] = leavesFrozen ? (step.thread, [index]) : nil
    }
  }

  /// Steps that change what is counted.
  private func markStatistics(_ marks: inout [Bool]) {
    for index in steps.indices.dropFirst() where steps[index].statistics != nil {
      if steps[index].statistics?.counted != steps[index - 1].statistics?.counted { marks[index] = true }
    }
  }

  /// Reads of the focus that met something, or that were overtaken before their thread came back to it.
  private func markReads(_ marks: inout [Bool]) {
    guard let focus else { return }
    var known = [Int: UInt64]()
    var overtaken = [Int: Int]()
    for index in steps.indices {
      let step = steps[index]
      if focus.isAbout(step.place), step.kind == SCHEDULE_LOAD.rawValue {
        if step.before == Spte.frozen || step.before == Spte.poison { marks[index] = true }
        if let last = known[step.thread], last != step.before { marks[index] = true }
        known[step.thread] = step.before
        overtaken[step.thread] = index
      } else if let event = step.access, focus.isAbout(event) {
        known[step.thread] = event.new
        overtaken[step.thread] = nil
        for (thread, read) in overtaken where thread != step.thread && event.kind != .cmpxchgLost {
          marks[read] = true
        }
      }
      if step.ends { overtaken[step.thread] = nil }
    }
  }

  /// Plain accesses that another thread's came between: what a thread had read was no longer so when it wrote.
  private func markPlain(_ marks: inout [Bool]) {
    struct Key: Hashable {
      var thread: Int
      var word: UInt
    }
    // The last access of each thread to each word, and the first write of another thread since.
    var last = [Key: Int]()
    var between = [Key: Int]()
    var threads = [UInt: Set<Int>]()
    for index in steps.indices {
      let step = steps[index]
      guard case .word = step.place, step.word != 0, step.isPlain || isAnnotated(step) else { continue }
      let key = Key(thread: step.thread, word: step.word)
      if step.isPlain, writes(step), let before = last[key], let other = between[key] {
        for marked in [before, other, index] { marks[marked] = true }
      }
      last[key] = index
      between[key] = nil
      threads[step.word, default: []].insert(step.thread)
      guard writes(step) else { continue }
      for thread in threads[step.word] ?? [] where thread != step.thread {
        let theirs = Key(thread: thread, word: step.word)
        if between[theirs] == nil { between[theirs] = index }
      }
    }
  }

  private func isAnnotated(_ step: TraceStep) -> Bool {
    step.kind == SCHEDULE_LOAD.rawValue || step.kind == SCHEDULE_STORE.rawValue || step.kind == SCHEDULE_RMW.rawValue
  }

  private func writes(_ step: TraceStep) -> Bool {
    step.kind == SCHEDULE_STORE.rawValue || step.kind == SCHEDULE_RMW.rawValue
      || step.kind == SCHEDULE_PLAIN_STORE.rawValue
  }

  /// The beginning of a SEAMCALL in whose middle another thread ran, and for TLB-1 the ways into the guest.
  private func markCalls(_ marks: inout [Bool]) {
    var next = [Int: Int]()
    for index in steps.indices.reversed() {
      let thread = steps[index].thread
      defer { next[thread] = index }
      guard steps[index].kind == SCHEDULE_SEAMCALL.rawValue, steps[index].seamcall == nil else { continue }
      if let end = next[thread], steps[end].seamcall != nil {
        marks[index] = marks[index] || (end > index + 1 && marks[end])
      } else if violation.checker == .tlb1 {
        marks[index] = true
      }
    }
  }

  /// Where each thread entered the RCU section in which it still stands.
  private func markReaders(_ marks: inout [Bool]) {
    for reader in readers {
      if let index = steps.lastIndex(where: { $0.thread == reader && $0.place == .rcu }) { marks[index] = true }
    }
  }

  private func markEnds(_ marks: inout [Bool], of isWanted: (Int) -> Bool) {
    var seen = Set<Int>()
    for index in steps.indices.reversed() {
      let thread = steps[index].thread
      if isWanted(thread) && seen.insert(thread).inserted { marks[index] = true }
    }
  }

  private func markSilent(_ marks: inout [Bool]) {
    let shown = Set(steps.indices.filter { marks[$0] }.map { steps[$0].thread })
    let threads = Set(steps.map(\.thread))
    guard threads.count <= Self.alwaysShown else { return }
    for index in steps.indices where !shown.contains(steps[index].thread) {
      marks[index] = marks[index] || steps[index].begins != nil || steps[index].ends
    }
  }

  /// Operations and mmu_lock sections of the threads involved, where they enclose something that is shown.
  private func markSections(_ marks: inout [Bool], _ involved: Set<Int>) {
    let own = Dictionary(grouping: steps.indices.filter { involved.contains(steps[$0].thread) }) { steps[$0].thread }
    for indices in own.values {
      mark(indices, &marks, isBound: { $0.begins != nil || $0.ends }, closes: { $0.ends })
      mark(
        indices, &marks, isBound: { isLock($0) || $0.has(.readUnlock) || $0.has(.writeUnlock) },
        closes: { $0.has(.readUnlock) || $0.has(.writeUnlock) })
      if violation.checker == .rcu1 {
        mark(indices, &marks, isBound: { $0.place == .rcu }, closes: { $0.has(.readUnlock) || $0.ends })
      }
    }
  }

  /// Asks for mmu_lock, or has waited for it.
  private func isLock(_ step: TraceStep) -> Bool {
    switch step.waited {
    case .mmuLockRead, .mmuLockWrite, .readersToLeave: true
    default:
      step.place == .mmuLock
        && (step.kind == SCHEDULE_LOCK.rawValue || step.kind == SCHEDULE_LOCK_SHARED.rawValue)
    }
  }

  /// Marks the bounds of each section of a thread's steps that has a mark.
  private func mark(
    _ own: [Int], _ marks: inout [Bool], isBound: (TraceStep) -> Bool, closes: (TraceStep) -> Bool
  ) {
    var bounds: [Int] = []
    var hasMark = false
    for index in own {
      if isBound(steps[index]) { bounds.append(index) }
      hasMark = hasMark || marks[index]
      guard closes(steps[index]) || index == own.last else { continue }
      if hasMark { for bound in bounds { marks[bound] = true } }
      bounds = []
      hasMark = false
    }
  }
}
