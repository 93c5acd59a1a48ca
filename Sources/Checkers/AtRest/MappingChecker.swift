/// MAP-1: what a completed fault mapped stays mapped until a zap covers it, and what a completed zap covered is gone.
///
/// Verified between rounds for every 2M region that a fault touched, against the tables as they stand. Not verified:
/// the order of a fault and a removal under the shared lock in the same epoch, which nothing orders.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// - Parameter root: the tree that maps this kind of memory, 0 for none.
  func mappingDifference(isPrivate: Bool, root: UInt32) -> Difference? {
    let ledger = pointee.ledger
    let book = ledger.book(isPrivate)
    let records = (0..<pointee.machine.pointee.taskCount).flatMap { id in
      pointee.tasks[id].unmapped.filter { $0.isPrivate == isPrivate }
    }
    let regions = Int(pointee.guestPages / 512)
    var byRegion: [Int: [MappingLedger.Unmapped]] = [:]
    var wide: [MappingLedger.Unmapped] = []
    for record in records {
      if record.range.count > 64 * 512 {
        wide.append(record)
        continue
      }
      for region in Int(record.range.lowerBound >> 9)...Int((record.range.upperBound - 1) >> 9) {
        byRegion[region, default: []].append(record)
      }
    }
    let extends = !isPrivate || ledger.mergesPrivate
    var bounds = Bounds(base: ledger.base.pointee)
    defer { bounds.deallocate() }
    for region in 0..<regions where book.touched[region] != 0 {
      bounds.reset()
      let start = UInt64(region) << 9
      for record in wide { bounds.add(record, start, extends) }
      for record in byRegion[region] ?? [] { bounds.add(record, start, extends) }
      if let difference = check(start, root, book, bounds) { return difference }
    }
    return nil
  }

  private func check(
    _ start: Gfn, _ root: UInt32, _ book: MappingLedger.Book, _ bounds: Bounds
  ) -> Difference? {
    let huge = book.hugeAt[Int(start >> 9)]
    let (parent, level, parentEntry) = entry(root, start, level: 2)
    let table = level == 2 && Spte.isNonLeaf(parent, 2) ? PageArena.page(pfn: Spte.pfn(parent)) : 0
    let entries = pointee.machine.pointee.arenaView.base + Int(table) * Spte.entriesPerTable
    for index in 0..<Spte.entriesPerTable {
      let gfn = start + UInt64(index)
      let spte = table == 0 ? parent : raw_load64(entries + index)
      let isMapped = table == 0 ? Spte.isLeaf(parent, level) : Spte.isShadowPresent(spte)
      let mapped = book.mappedAt[Int(gfn)]
      let (gone, safe) = (bounds.gone[index], bounds.safe(index))
      if isMapped ? max(mapped, huge) >= gone : mapped == 0 || mapped < safe { continue }
      return Difference(
        gfn: gfn, level: table == 0 ? level : 1, entry: table == 0 ? parentEntry : table &* 512 &+ UInt32(index),
        expected: isMapped
          ? "not mapped: a zap covered it and no fault came after it"
          : "mapped: a fault completed and no zap came after it",
        seen: describeSpte(spte, UInt8(table == 0 ? level : 1)))
    }
    return nil
  }

  /// The entry of `level` for `gfn`, or the one above it at which the walk ends.
  private func entry(_ root: UInt32, _ gfn: Gfn, level goal: Int) -> (spte: UInt64, level: Int, entry: UInt32) {
    guard root != 0 else { return (Spte.nonpresent, goal, 0) }
    var page = root
    var level = Spte.maxLevel
    while true {
      let index = Spte.index(gfn, level)
      let spte = raw_load64(pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable + index)
      if level == goal || !Spte.isNonLeaf(spte, level) { return (spte, level, page &* 512 &+ UInt32(index)) }
      page = PageArena.page(pfn: Spte.pfn(spte))
      level -= 1
    }
  }
}

/// What the zaps over one 2M region say about each of its gfns. Behind pointers: inline arrays of this size were copied
/// at each look, which was most of what a barrier cost.
private struct Bounds {
  let base: UInt64
  /// A fault at this stamp or later proves a mapping.
  private let safeAt: UnsafeMutablePointer<UInt32>
  /// The same for the whole region.
  private var safeEverywhere: UInt32 = 0
  /// A mapping whose faults are all before this stamp has outlived its zap.
  let gone: UnsafeMutablePointer<UInt32>
  private var isEmpty = true

  init(base: UInt64) {
    self.base = base
    safeAt = .allocate(capacity: 512)
    safeAt.initialize(repeating: 0, count: 512)
    gone = .allocate(capacity: 512)
    gone.initialize(repeating: 0, count: 512)
  }

  func deallocate() {
    safeAt.deallocate()
    gone.deallocate()
  }

  mutating func reset() {
    if isEmpty { return }
    safeAt.update(repeating: 0, count: 512)
    gone.update(repeating: 0, count: 512)
    safeEverywhere = 0
    isEmpty = true
  }

  @inline(__always) func safe(_ index: Int) -> UInt32 { max(safeAt[index], safeEverywhere) }

  mutating func add(_ record: MappingLedger.Unmapped, _ start: Gfn, _ extends: Bool) {
    func stamp(_ epoch: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: epoch &- base &+ 1) }
    isEmpty = false
    if record.isShared {
      safeEverywhere = max(safeEverywhere, stamp(record.last) + 1)
      return
    }
    if extends { safeEverywhere = max(safeEverywhere, stamp(record.last)) }
    let first = Int(max(record.range.lowerBound, start) - start)
    let end = Int(min(record.range.upperBound, start + 512) - start)
    for index in first..<end {
      safeAt[index] = max(safeAt[index], stamp(record.last))
      gone[index] = max(gone[index], stamp(record.first))
    }
  }
}
