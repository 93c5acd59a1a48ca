/// LIV-1 of walks that yield: between two yields of a walk it has come further, or has changed something.
///
/// Where a walk stands is the entry that it has read last. After a yield it begins at the root again; as long as all
/// entries that it reads are on the way to where it has stood, it has not moved.
import CKernelABI
import Machine

struct WalkProgress: BitwiseCopyable {
  /// Where the walk stood when it yielded, and which root's tables it was in.
  var gfn: Gfn = 0
  var kind = PageHeader.Kind.none
  /// It has yielded, and not moved since.
  var stands = false
}

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// A walk lets mmu_lock go.
  func yields(at entry: UnsafePointer<UInt64>?) {
    let arena = pointee.vm.pointee.machine.pointee.arenaView
    guard let entry, let (header, range) = self.range(of: entry, arena) else {
      pointee.progress.stands = false
      return
    }
    if pointee.progress.stands {
      let gfn = pointee.progress.gfn
      pointee.progress.stands = false
      pointee.task.violationAfterDrain(
        .liv1, gfn: gfn & (KernelVM.sharedBit - 1), level: Int(header.level),
        entry: UInt32(truncatingIfNeeded: (UInt(bitPattern: entry) &- UInt(bitPattern: arena.base)) >> 3),
        expected: "a walk that yields has visited another SPTE since it has yielded last",
        seen: "it yields again at gfn \((gfn & (KernelVM.sharedBit - 1)).hex): "
          + "as long as it is asked to yield it gets no further")
      leaveIfOver()
    }
    pointee.progress = WalkProgress(gfn: range.lowerBound, kind: header.kind, stands: true)
  }

  /// - Returns: whether the walk may still stand where it has yielded.
  func walked(_ entry: UnsafePointer<UInt64>, isWrite: Bool) -> Bool {
    guard pointee.progress.stands, !isWrite,
      let (header, range) = range(of: entry, pointee.vm.pointee.machine.pointee.arenaView),
      header.kind == pointee.progress.kind, range.contains(pointee.progress.gfn)
    else {
      pointee.progress.stands = false
      return false
    }
    return true
  }

  private func range(of entry: UnsafePointer<UInt64>, _ arena: Machine.ArenaView) -> (PageHeader, Range<Gfn>)? {
    let offset = UInt(bitPattern: entry) &- UInt(bitPattern: arena.base)
    guard offset < UInt(pointee.vm.pointee.capacity * PageArena.pageSize) else { return nil }
    let header = arena.headers[Int(offset >> 12)]
    guard header.level > 0 else { return nil }
    let pages = Spte.pages(Int(header.level))
    let start = header.gfn &+ UInt64(offset >> 3 & 511) &* pages
    return (header, start..<start &+ pages)
  }
}
