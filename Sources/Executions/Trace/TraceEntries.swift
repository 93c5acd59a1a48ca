/// The entries that an execution comes by, and what stood in them before it: from there on its changes tell the tables.
import Machine
import Records

/// An entry by what it translates: the one at its place may be in another table after each step.
struct TraceEntry: Hashable {
  var root: PageHeader.Kind
  var gfn: Gfn
  var level: Int
}

struct TraceEntries {
  /// In the order of the tables, each from its root down.
  let places: [TraceEntry]
  /// By place: what stood there; `.none` where no table held it.
  private(set) var values: [TraceValue] = []
  /// Those that are shown only if something was there: the others were read, or may be written.
  private let optional: Set<TraceEntry>

  init() {
    places = []
    optional = []
  }

  /// - Parameters:
  ///   - scout: a recording of the execution.
  ///   - focus: what the violation is about, if that is an entry.
  init(of scout: TraceRecorder, focus: TraceFocus?) {
    var written = Set<TraceEntry>()
    if let focus {
      written.insert(TraceEntry(root: focus.root, gfn: focus.gfn, level: focus.level))
      if focus.isMirror { written.insert(TraceEntry(root: .external, gfn: focus.gfn, level: focus.level)) }
    }
    for event in scout.events {
      if event.isAccess {
        written.insert(TraceEntry(root: event.root, gfn: event.gfn, level: Int(event.level)))
      } else if event.kind == .seamcall, event.level > 0 {
        written.insert(TraceEntry(root: .external, gfn: event.gfn, level: Int(event.level)))
      }
    }
    var optional = Set<TraceEntry>()
    for case .entry(_, let gfn, let level, let root) in scout.steps.map(\.place) where root != .none {
      let entry = TraceEntry(root: root, gfn: gfn, level: level)
      if !written.contains(entry) { optional.insert(entry) }
    }
    for entry in written where entry.level < Spte.maxLevel {
      for level in (entry.level + 1)...Spte.maxLevel {
        let above = TraceEntry(root: entry.root, gfn: Spte.round(entry.gfn, level), level: level)
        if !written.contains(above) { optional.insert(above) }
      }
    }
    self.optional = optional
    places = written.union(optional).sorted { ($0.order, $0.gfn, -$0.level) < ($1.order, $1.gfn, -$1.level) }
  }

  mutating func sample(_ tables: TraceTables) {
    values = places.map { tables.value(at: $0) }
  }

  /// As an interleaving has them.
  var shown: [Interleaving.Entry] {
    zip(places, values).compactMap { place, value in
      if optional.contains(place) && !value.isOccupied { return nil }
      return Interleaving.Entry(
        table: place.table, gfn: place.gfn.hex, level: place.level, value: TraceActions.text(value))
    }
  }
}

extension TraceEntry {
  fileprivate var order: UInt8 { root == .mirror ? 0 : root == .external ? 1 : 2 }
  fileprivate var table: String { root == .external ? "S-EPT" : "\(root)" }
}

extension TraceValue {
  fileprivate var isOccupied: Bool {
    switch self {
    case .none, .noTable, .underLeaf, .freed, .unlinked: false
    case .spte(let spte, _): spte != Spte.nonpresent
    case .sept(let entry): SeptEntry.state(entry) != .free
    case .word(let word): word != 0
    }
  }
}
