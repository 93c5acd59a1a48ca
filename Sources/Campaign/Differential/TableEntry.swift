/// The trees of a world at rest, entry by entry: mirror, direct and S-EPT.
import CAtomics
import Checkers
import Executions
import Machine

package struct TableEntry: Equatable, Sendable {
  package var root: PageHeader.Kind
  package var gfn: Gfn
  package var level: UInt8
  /// As compared: a table without its page, an SPTE without the bits that the model leaves out.
  package var value: UInt64

  package var text: String {
    let value = root == .external ? septText : TablePlace.text(self.value, level)
    return "\(root) \(gfn.hex) \(TraceActions.level(Int(level))) \(value)"
  }

  private var septText: String { SeptEntry.isTable(value) ? "table" : describeSept(value) }
}

/// Walks the trees of one world.
struct TableWalk {
  let world: FiberWorld

  /// Calls `body` for each entry that is not empty, from the roots down.
  func forEach(_ body: (TableEntry) -> Void) {
    for root in [PageHeader.Kind.mirror, .direct, .external] {
      let page = world.vm.root(root)
      if page != 0 { visit(root, page, Spte.maxLevel, 0, body) }
    }
  }

  /// A hash of all entries.
  func hash() -> UInt64 {
    var hash: UInt64 = 0
    forEach { entry in
      hash = Self.mix(hash, entry.gfn << 8 | UInt64(entry.level) << 4 | UInt64(entry.root.rawValue))
      hash = Self.mix(hash, entry.value)
    }
    return hash
  }

  func entries() -> [TableEntry] {
    var entries: [TableEntry] = []
    forEach { entries.append($0) }
    return entries
  }

  private func visit(
    _ root: PageHeader.Kind, _ page: UInt32, _ level: Int, _ base: Gfn, _ body: (TableEntry) -> Void
  ) {
    let machine = world.machine
    let table = machine.pointee.arena.table(page)
    let isExternal = root == .external
    for index in 0..<Spte.entriesPerTable {
      let value = raw_load64(table + index)
      if value == (isExternal ? SeptEntry.free : Spte.nonpresent) { continue }
      // The direct root maps what is shared at gfns of its own.
      let gfn = (base &+ UInt64(index) &* Spte.pages(level)) & ~(root == .direct ? world.vm.sharedBits : 0)
      let place = TablePlace(root: root, gfn: gfn, level: level)
      let child: UInt32?
      let compared: UInt64
      if isExternal {
        (child, compared) = external(value, place)
      } else {
        compared = place.compared(value, machine)
        let isTable = Spte.isNonLeaf(value, level) && compared & Spte.baseAddress == 0
        child = isTable ? PageArena.page(pfn: Spte.pfn(value)) : nil
      }
      body(TableEntry(root: root, gfn: gfn, level: UInt8(level), value: compared))
      if let child { visit(root, child, level - 1, gfn, body) }
    }
  }

  /// State and page; the epoch in which it was blocked follows from the SEAMCALLs.
  private func external(_ entry: UInt64, _ place: TablePlace) -> (child: UInt32?, compared: UInt64) {
    let state = SeptEntry.state(entry)
    guard SeptEntry.isTable(entry) else { return (nil, SeptEntry.make(state, pfn: SeptEntry.pfn(entry))) }
    let page = PageArena.page(pfn: SeptEntry.pfn(entry))
    return (page, SeptEntry.make(state, pfn: 0))
  }

  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let word = (left ^ right) &* 0xbf58_476d_1ce4_e5b9
    return word ^ (word >> 31)
  }
}
