/// The entry that a violation is about, and what stands in it and in the external table beside it.
import CAtomics
import Machine

struct TraceFocus {
  /// Index in the arena.
  var entry: UInt32
  var gfn: Gfn
  var level: Int
  var root: PageHeader.Kind
  /// This entry and no other that stands for the same gfn after its table was replaced.
  var isFixed: Bool

  var isMirror: Bool { root == .mirror }

  func isAbout(_ entry: UInt32, _ gfn: Gfn, _ level: Int, _ root: PageHeader.Kind) -> Bool {
    if entry == self.entry { return true }
    return !isFixed && gfn == self.gfn && level == self.level && root == self.root
  }

  func isAbout(_ event: Event) -> Bool {
    if event.kind == .seamcall { return isMirror && event.gfn == gfn && Int(event.level) == level }
    return isAbout(event.entry, event.gfn, Int(event.level), event.root)
  }

  func isAbout(_ place: TraceStep.Place) -> Bool {
    guard case .entry(let entry, let gfn, let level, let root) = place else { return false }
    return isAbout(entry, gfn, level, root)
  }

  /// An entry of the same tables below the focus.
  func isAbove(_ event: Event) -> Bool {
    guard Int(event.level) < level, event.root == root || event.kind == .seamcall && isMirror else { return false }
    return Spte.round(event.gfn, level) == gfn
  }

  /// An entry of the same tables above the focus.
  func isBelow(_ event: Event) -> Bool {
    let level = Int(event.level)
    guard level > self.level, event.root == root || event.kind == .seamcall && isMirror else { return false }
    return Spte.round(gfn, level) == event.gfn
  }
}

extension TraceFocus {
  /// Finds the entry in what an execution left behind.
  /// - Parameter execution: all of it.
  init?(_ world: FiberWorld, _ violation: Violation, _ execution: TraceRecorder) {
    let tables = TraceTables(world)
    let events = execution.events
    if [.rcu1, .mem1].contains(violation.checker), let parent = tables.parent(ofTable: violation.entry / 512) {
      self = parent
      return
    }
    if violation.entry != 0 {
      self = tables.focus(violation.entry, violation.gfn, violation.level)
      isFixed = violation.checker != .map1 && violation.checker != .acc1
      return
    }
    // A failed condition of a kernel's names no entry: it is about the one that its thread has looked at last.
    if violation.level == 0, [.bug1, .lck1, .oops1, .hang1, .mem1, .lst1].contains(violation.checker),
      let focus = Self.last(execution.steps, of: violation.task)
    {
      self = focus
      return
    }
    let touched = events.filter(\.isAccess)
    if violation.checker == .cnt1, let parting = execution.parting {
      // The entry that was changed when the statistics left the tables, as near as can be told.
      let isMeant = { (event: Event) in
        violation.level == 0 ? event.level > 1 : Int(event.level) == violation.level
      }
      let thread = execution.steps[parting].thread
      let own = execution.steps.indices.filter { execution.steps[$0].thread == thread }
      let before = own.last { $0 <= parting && execution.steps[$0].access.map(isMeant) ?? false }
      let after = own.first { $0 > parting && execution.steps[$0].access.map(isMeant) ?? false }
      if let event = (before ?? after).flatMap({ execution.steps[$0].access }) {
        self.init(event)
        return
      }
    }
    if violation.checker == .cnt1 {
      // Statistics are about no entry: the call that was refused is where they can part from the tables.
      let busy = events.last {
        $0.kind == .seamcall && $0.status == .operandBusy && $0.flags != Seamcall.track.rawValue
      }
      if let busy, let event = Self.last(touched, busy.gfn, Int(busy.level)) {
        self.init(event)
        return
      }
      guard let event = touched.last(where: { Int($0.level) == violation.level }) else { return nil }
      self.init(event)
      return
    }
    // A rule about a whole table is shown at the entry of it that was changed last.
    let inside = touched.last {
      Int($0.level) == violation.level && Spte.round($0.gfn, violation.level + 1) == violation.gfn
    }
    if let event = Self.last(touched, violation.gfn, violation.level) ?? inside {
      self.init(event)
      return
    }
    guard let found = tables.deepest(violation.gfn, to: max(violation.level, 1)) else { return nil }
    self = found
  }

  private init(_ event: Event) {
    let level = Int(event.level)
    self.init(entry: event.entry, gfn: Spte.round(event.gfn, level), level: level, root: event.root, isFixed: false)
  }

  private static func last(_ steps: [TraceStep], of thread: Int) -> TraceFocus? {
    for step in steps.reversed() where step.thread == thread {
      guard case .entry(let entry, let gfn, let level, let root) = step.place, root != .external else { continue }
      return TraceFocus(entry: entry, gfn: gfn, level: level, root: root, isFixed: false)
    }
    return nil
  }

  /// The last access to that entry; with level 0 to the lowest one that maps the gfn.
  private static func last(_ events: [Event], _ gfn: Gfn, _ level: Int) -> Event? {
    for candidate in level > 0 ? level...level : 1...Spte.maxLevel {
      let found = events.filter { Int($0.level) == candidate && $0.gfn == Spte.round(gfn, candidate) }
      if let event = found.last(where: { $0.root == .mirror }) ?? found.last { return event }
    }
    return nil
  }
}
