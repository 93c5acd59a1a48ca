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

/// Looks into the tables of a world without a schedule point.
struct TraceTables {
  private let world: FiberWorld
  private let arena: PageArena

  init(_ world: FiberWorld) {
    self.world = world
    arena = world.machine.pointee.arena
  }

  func index(of address: UnsafeRawPointer) -> UInt32? {
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: arena.base)
    guard offset < UInt(arena.capacity * PageArena.pageSize) else { return nil }
    return UInt32(truncatingIfNeeded: offset >> 3)
  }

  func header(_ page: UInt32) -> PageHeader { arena.headers[Int(page)] }

  func value(_ entry: UInt32) -> UInt64 { raw_load64(arena.base + Int(entry)) }

  func place(_ entry: UInt32) -> TraceStep.Place {
    let header = header(entry / 512)
    let level = max(Int(header.level), 1)
    return .entry(
      entry, gfn: header.gfn &+ UInt64(entry & 511) &* Spte.pages(level), level: level, root: header.kind)
  }

  func focus(_ entry: UInt32, _ gfn: Gfn, _ level: Int) -> TraceFocus {
    // A rule that is about a page may name it, and not the first that its entry translates.
    TraceFocus(
      entry: entry, gfn: Spte.round(gfn, level), level: level, root: header(entry / 512).kind, isFixed: true)
  }

  /// The SPTE that pointed to a table.
  func parent(ofTable page: UInt32) -> TraceFocus? {
    let header = header(page)
    guard page != 0, let parent = header.parent, let entry = index(of: parent) else { return nil }
    return focus(entry, header.gfn, Int(header.level) + 1)
  }

  private func root(_ kind: PageHeader.Kind) -> UInt32 {
    world.vm.root(kind)
  }

  /// Whether a root leads to an entry, whichever.
  func isLinked(_ entry: UInt32) -> Bool {
    var page = entry / 512
    // No table is deeper than the levels; a kernel that went wrong may have made a circle.
    for _ in 0..<Spte.maxLevel {
      guard let parent = header(page).parent else { return true }
      guard let above = index(of: parent) else { return false }
      let spte = value(above)
      guard Spte.isShadowPresent(spte), PageArena.page(pfn: Spte.pfn(spte)) == page else { return false }
      page = above / 512
    }
    return true
  }

  /// Walks one root towards an entry.
  /// - Returns: the entry, or where the walk ended before it.
  private func walk(_ kind: PageHeader.Kind, _ gfn: Gfn, to goal: Int) -> (entry: UInt32, level: Int)? {
    var page = root(kind)
    guard page != 0 else { return nil }
    var level = Spte.maxLevel
    let gfn = kind == .direct ? gfn | world.vm.sharedBits : gfn
    while true {
      let entry = page &* 512 &+ UInt32(Spte.index(gfn, level))
      if level <= goal { return (entry, level) }
      let value = value(entry)
      if kind == .external {
        // A table that is blocked is there until it is removed.
        guard SeptEntry.isTable(value) else { return (entry, level) }
        page = PageArena.page(pfn: SeptEntry.pfn(value))
      } else {
        guard Spte.isNonLeaf(value, level) else { return (entry, level) }
        page = PageArena.page(pfn: Spte.pfn(value))
      }
      guard page < arena.capacity else { return (entry, level) }
      level -= 1
    }
  }

  /// The last entry on the way to a gfn, in the root that maps it.
  func deepest(_ gfn: Gfn, to level: Int) -> TraceFocus? {
    let isPrivate = gfn < world.episode.guestPages && world.vm.isPrivate(gfn)
    let kind = isPrivate ? PageHeader.Kind.mirror : .direct
    guard let (entry, found) = walk(kind, gfn, to: level) else { return nil }
    return TraceFocus(entry: entry, gfn: Spte.round(gfn, found), level: found, root: kind, isFixed: false)
  }

  /// The S-EPT's entry beside the focus.
  func external(_ focus: TraceFocus) -> TraceValue {
    focus.isMirror ? external(TraceExternal(gfn: focus.gfn, level: focus.level)) : .none
  }

  /// What stands in an entry of one root; `.none` if no table holds it.
  func value(at place: TraceEntry) -> TraceValue {
    guard let (entry, level) = walk(place.root, place.gfn, to: place.level), level == place.level else { return .none }
    let value = value(entry)
    return place.root == .external ? .sept(value & ~SeptEntry.lock) : .spte(value, level: level)
  }

  func external(_ place: TraceExternal) -> TraceValue {
    guard let (entry, level) = walk(.external, place.gfn, to: place.level) else { return .noTable }
    let value = value(entry) & ~SeptEntry.lock
    if level == place.level { return .sept(value) }
    return SeptEntry.isLeaf(value) ? .underLeaf(level: level) : .noTable
  }

  /// The focus itself.
  /// - Parameter wasReached: a walk has found it before, so that it is shown while its table is being taken down.
  func spte(_ focus: TraceFocus, wasReached: inout Bool) -> TraceValue {
    let found = walk(focus.root, focus.gfn, to: focus.level)
    if found?.entry == focus.entry {
      wasReached = true
      return .spte(value(focus.entry), level: focus.level)
    }
    let table = header(focus.entry / 512)
    // A page that was freed may be another table by now.
    let isSame = table.state != .free && table.kind == focus.root && Int(table.level) == focus.level
    let own =
      isLinked(focus.entry)
      ? TraceValue.spte(value(focus.entry), level: focus.level) : .unlinked(value(focus.entry), level: focus.level)
    if focus.isFixed && wasReached { return isSame ? own : .freed }
    guard let (entry, level) = found else { return wasReached && isSame ? own : .noTable }
    if level == focus.level { return .spte(value(entry), level: level) }
    if Spte.isLeaf(value(entry), level) { return .underLeaf(level: level) }
    return wasReached && isSame ? own : .noTable
  }
}
