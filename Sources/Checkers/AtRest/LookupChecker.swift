/// MAP-1 for what a fault maps: it was looked up after the last zap that covers it.
///
/// A fault looks its page up before it takes mmu_lock. A zap that ends in between has given the page back: the host may
/// have freed it, or the gfn is of the other kind. That the fault touches the tables after the zap excuses nothing.
///
/// Verified between rounds for every fault that made a mapping, by the write sections from its lookup to its own: none
/// of them may be the last of a zap over what was mapped. Not verified: a fault that found its mapping made by another,
/// since it mapped nothing; the removal of tables by NX recovery and the zap of an invalidated root, since these give
/// no page back; a zap that has not ended, which keeps faults out by its range and is held to that at its own end.
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  func staleLookup(directRoot: UInt32) -> Difference? {
    let taskCount = pointee.machine.pointee.taskCount
    for id in 0..<taskCount {
      let state = pointee.tasks + id
      for index in 0..<state.pointee.lookupCount {
        let lookup = state.pointee.lookups.at(index)
        for other in 0..<taskCount {
          guard let zap = (pointee.tasks + other).zapDuring(lookup) else { continue }
          return difference(lookup.pointee, zap, lookup.pointee.isPrivate ? pointee.mirrorRoot : directRoot)
        }
      }
    }
    return nil
  }

  private func difference(
    _ lookup: MappingLedger.Lookup, _ zap: MappingLedger.Unmapped, _ root: UInt32
  ) -> Difference {
    let bits = lookup.isPrivate ? 0 : pointee.sharedBits
    let found = entry(root, lookup.gfn | bits, level: lookup.isHuge ? 2 : 1)
    let base = pointee.ledger.base.pointee
    let range = "\(zap.range.lowerBound.hex)..<\(zap.range.upperBound.hex)"
    return Difference(
      gfn: lookup.gfn, level: lookup.isHuge ? 2 : 1, entry: found.entry,
      expected: "a fault maps what it looked up after the last zap that covers it",
      seen: "looked up after write section \(lookup.lookedUpAt &- base), mapped after \(lookup.mappedAt &- base); "
        + "the zap of \(range) ended in \(zap.last &- base)")
  }
}

extension UnsafeMutablePointer where Pointee == TaskState {
  /// A zap of this task that ended after a fault's lookup and before its mapping, and covers some of what was mapped.
  fileprivate func zapDuring(_ lookup: UnsafePointer<MappingLedger.Lookup>) -> MappingLedger.Unmapped? {
    var (low, high) = (0, pointee.unmappedCount)
    while low < high {
      let middle = (low + high) / 2
      if pointee.unmapped.at(middle).pointee.last > lookup.pointee.lookedUpAt {
        high = middle
      } else {
        low = middle + 1
      }
    }
    while low < pointee.unmappedCount {
      let zap = pointee.unmapped.at(low).pointee
      if zap.last > lookup.pointee.mappedAt { break }
      if zap.givesBack && zap.isPrivate == lookup.pointee.isPrivate && zap.range.overlaps(lookup.pointee.range) {
        return zap
      }
      low += 1
    }
    return nil
  }
}
