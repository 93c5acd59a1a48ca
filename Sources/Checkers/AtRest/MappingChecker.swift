/// MAP-1: what a completed fault mapped stays mapped until a zap covers it, and what a completed zap covered is gone.
///
/// Verified between rounds for every 2M region that a fault touched, against the tables as they stand. Not verified:
/// the order of a fault and a removal under the shared lock in the same epoch, which nothing orders.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// MAP-1, and ACC-1 for what is private: both ask which zaps covered a gfn.
  /// - Parameter root: the tree that maps this kind of memory, 0 for none.
  func mappingDifference(isPrivate: Bool, root: UInt32) -> (checker: CheckerID, difference: Difference)? {
    let ledger = pointee.ledger
    let book = ledger.book(isPrivate)
    let regions = Int(pointee.guestPages / 512)
    let scratch = pointee.scratch
    for id in 0..<pointee.machine.pointee.taskCount {
      let state = pointee.tasks + id
      for index in 0..<state.pointee.unmappedCount {
        let record = UnsafePointer(state.pointee.unmapped.at(index))
        if record.pointee.isPrivate == isPrivate {
          scratch.pointee.deal(record, touched: book.touched, regions: regions)
        }
      }
    }
    defer { scratch.pointee.clear() }
    let base = ledger.base.pointee
    let extends = !isPrivate || ledger.mergesPrivate
    for region in 0..<regions where book.touched[region] != 0 {
      scratch.pointee.gather(region, base: base, extends: extends)
      if let found = firstMismatch(region, root, book, isPrivate ? 0 : pointee.sharedBits) {
        return (.map1, found.difference)
      }
      if isPrivate, let difference = lostAccept(region) { return (.acc1, difference) }
    }
    return nil
  }

  /// The first gfn of a region that is mapped and should not be, or the other way round, by `scratch.bounds`.
  private func firstMismatch(
    _ region: Int, _ root: UInt32, _ book: MappingLedger.Book, _ bits: Gfn
  ) -> Mismatch? {
    let start = UInt64(region) << 9
    let (parent, level, parentEntry) = entry(root, start | bits, level: 2)
    let page = level == 2 && Spte.isNonLeaf(parent, 2) ? PageArena.page(pfn: Spte.pfn(parent)) : 0
    let entries = pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable
    let isMappedWhole = page == 0 && Spte.isLeaf(parent, level)
    let mappedAt = book.mappedAt + region * 512
    let huge = book.hugeAt[region]
    let bounds = pointee.scratch.pointee.bounds
    let isZapped = bounds.goneEverywhere > huge
    // Where no fault completed, a gfn may be mapped or not, unless a zap covered it.
    for group in SetBits(UInt64(isZapped ? .max : book.touched[region] | bounds.ownBits)) {
      let first = group &* MappingLedger.Book.gfnsPerBit
      for run in stride(from: first, to: first &+ MappingLedger.Book.gfnsPerBit, by: RUN_LENGTH) {
        let zapped = isZapped ? 0xff : run_nonzero32(bounds.goneAt + run)
        var gfns = run_nonzero32(mappedAt + run)
        if zapped != 0 {
          gfns |= zapped & (page != 0 ? run_unlike64(entries + run, Spte.nonpresent) : isMappedWhole ? 0xff : 0)
        }
        for bit in SetBits(UInt64(gfns)) {
          let index = run + bit
          let spte = page == 0 ? parent : raw_load64(entries + index)
          let isMapped = page == 0 ? isMappedWhole : Spte.isShadowPresent(spte)
          let mapped = mappedAt[index]
          let isRight =
            isMapped ? max(mapped, huge) >= bounds.gone(index) : mapped == 0 || mapped < bounds.safe(index)
          if isRight { continue }
          return Mismatch(
            gfn: start + UInt64(index), level: page == 0 ? level : 1,
            entry: page == 0 ? parentEntry : page &* 512 &+ UInt32(index), spte: spte, isMapped: isMapped)
        }
      }
    }
    return nil
  }

  /// The entry of `level` for `gfn`, or the one above it at which the walk ends.
  func entry(_ root: UInt32, _ gfn: Gfn, level goal: Int) -> (spte: UInt64, level: Int, entry: UInt32) {
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

/// A gfn of which the tables and the book say different things.
private struct Mismatch {
  var gfn: Gfn
  var level: Int
  var entry: UInt32
  var spte: UInt64
  var isMapped: Bool

  var difference: Difference {
    Difference(
      gfn: gfn, level: level, entry: entry,
      expected: isMapped
        ? "not mapped: a zap covered it and no fault came after it"
        : "mapped: a fault completed and no zap came after it",
      seen: describeSpte(spte, UInt8(level)))
  }
}
