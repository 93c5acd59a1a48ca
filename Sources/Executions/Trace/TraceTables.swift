/// Looks into the tables of a world without a schedule point.
import CAtomics
import Machine

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
