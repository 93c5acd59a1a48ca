/// One thing that an operation did to the tables or asked of the TDX module, as model and kernel both tell it.
///
/// Values are compared by what they mean: a page table by its place in the tree and not by its page, an SPTE without
/// the bits that the model leaves out.
import Checkers
import Executions
import Machine

package struct ComparedStep: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case cmpxchg, cmpxchgLost, xchg, fetchAnd, store
    case seamcall(Seamcall, TdxStatus)
    /// A table that was unlinked waits for its readers.
    case deferred
    /// mmu_lock was dropped and taken again on the way.
    case yielded
  }

  package var kind: Kind
  package var root: PageHeader.Kind
  package var gfn: Gfn
  package var level: UInt8
  /// mmu_lock as the task holds it.
  package var lock: Task.LockMode
  package var old: UInt64 = 0
  /// The new value of an SPTE; of a SEAMCALL the page, 0 where it has none that is compared.
  package var new: UInt64 = 0
}

extension ComparedStep {
  /// - Returns: nil for what is not compared.
  init?(_ event: Event, lock: Task.LockMode, _ machine: MachinePointer) {
    let kind: Kind
    switch event.kind {
    case .cmpxchg: kind = .cmpxchg
    case .cmpxchgLost: kind = .cmpxchgLost
    case .xchg: kind = .xchg
    case .fetchAnd: kind = .fetchAnd
    case .store: kind = .store
    case .seamcall: kind = .seamcall(event.seamcall, event.status)
    case .tableDeferred where Int(event.level) < Spte.maxLevel: kind = .deferred
    case .tableDeferred, .tableAllocated, .tableFreed: return nil
    case .operationBegin, .operationEnd, .readLock, .readUnlock, .writeLock, .writeUnlock, .lockYielded: return nil
    }
    self.init(kind: kind, root: event.root, gfn: event.gfn, level: event.level, lock: lock)
    switch kind {
    case .deferred, .yielded: break
    case .seamcall(let call, _):
      // The page of a table says nothing; of memory it is the same for both.
      if call == .pageAdd || call == .pageAug || call == .rangeBlock || call == .accept || call == .track {
        new = event.new
      }
    case .cmpxchg, .cmpxchgLost, .xchg, .fetchAnd, .store:
      let place = TablePlace(root: event.root, gfn: event.gfn, level: Int(event.level))
      old = place.compared(event.old, machine)
      new = place.compared(event.new, machine)
    }
  }

  /// It changes an SPTE.
  var isChange: Bool {
    switch kind {
    case .cmpxchg, .xchg, .fetchAnd, .store: true
    case .cmpxchgLost, .seamcall, .deferred, .yielded: false
    }
  }

  /// What it is, without what it is about: for the class of a difference.
  package var name: String {
    switch kind {
    case .cmpxchg: "\(root) cmpxchg"
    case .cmpxchgLost: "\(root) lost cmpxchg"
    case .xchg: "\(root) xchg"
    case .fetchAnd: "\(root) fetch_and"
    case .store: "\(root) WRITE_ONCE"
    case .seamcall(let call, _): call.name
    case .deferred: "call_rcu"
    case .yielded: "yield"
    }
  }

  package var text: String {
    let held = lock == .none ? "" : lock == .read ? "r " : "w "
    let place = "\(gfn.hex) \(TraceActions.level(Int(level)))"
    switch kind {
    case .yielded: return "\(held)\(name)"
    case .deferred: return "\(held)\(name) table \(place)"
    case .seamcall(.track, let status): return "\(held)\(name) epoch \(new) -> \(status.name)"
    case .seamcall(_, let status):
      let page = new == 0 ? "" : " pfn \(new.hex)"
      return "\(held)\(name) \(place)\(page) -> \(status.name)"
    case .cmpxchg, .cmpxchgLost, .xchg, .fetchAnd, .store:
      return "\(held)\(name) \(place) \(TablePlace.text(old, level)) -> \(TablePlace.text(new, level))"
    }
  }
}

/// Where an entry stands: which table its value may point to follows from it.
package struct TablePlace {
  var root: PageHeader.Kind
  var gfn: Gfn
  var level: Int

  package init(root: PageHeader.Kind, gfn: Gfn, level: Int) {
    self.root = root
    self.gfn = gfn
    self.level = level
  }

  /// An SPTE as it is compared.
  package func compared(_ spte: UInt64, _ machine: MachinePointer) -> UInt64 {
    guard Spte.isShadowPresent(spte) else { return spte }
    let value = Self.withBitsInPlace(spte) & ~ModelLimit.ignoredBits
    guard Spte.isNonLeaf(spte, level), pointsDown(PageArena.page(pfn: Spte.pfn(spte)), machine) else { return value }
    return value & ~Spte.baseAddress
  }

  /// EPT_SPTE_HOST_WRITABLE and EPT_SPTE_MMU_WRITABLE: at bits 57 and 58 up to Linux 7.1, at 53 and 55 from 7.2 on.
  private static func withBitsInPlace(_ spte: UInt64) -> UInt64 {
    let (host, mmu) = (UInt64(1 << 57), UInt64(1 << 58))
    return (spte & ~(host | mmu)) | (spte & host != 0 ? Spte.hostWritable : 0)
      | (spte & mmu != 0 ? Spte.mmuWritable : 0)
  }

  /// The page is the table that belongs below this entry.
  func pointsDown(_ page: UInt32, _ machine: MachinePointer) -> Bool {
    guard Int(page) < machine.pointee.arena.capacity else { return false }
    let header = machine.pointee.arena.headers[Int(page)]
    return Int(header.level) == level - 1 && header.gfn == gfn && header.kind == root
  }

  static func text(_ spte: UInt64, _ level: UInt8) -> String {
    guard Spte.isNonLeaf(spte, Int(level)), spte & Spte.baseAddress == 0 else { return describeSpte(spte, level) }
    let flags = (spte & Spte.writable != 0 ? "" : " read-only") + (spte & Spte.accessed != 0 ? "" : " not accessed")
    return "table" + flags
  }
}
