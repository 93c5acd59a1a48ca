/// CNT-1, and FRZ-1 for the direct roots: `kvm->stat.pages` and the number of tables equal what the tables hold.
///
/// Verified between rounds, when no task runs: the stripes of all tasks are summed and every linked table is walked.
import CAtomics
import Machine

/// What a walk of linked tables finds.
struct Census {
  /// Present leaves by level.
  var leaves: InlineArray<5, Int64> = .init(repeating: 0)
  /// Linked tables but roots.
  var tables: Int64 = 0
  var frozen: (gfn: Gfn, level: Int, entry: UInt32)?
}

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  func census(of roots: [UInt32]) -> Census {
    var census = Census()
    for root in roots { take(&census, root, Spte.maxLevel, 0) }
    return census
  }

  private func take(_ census: inout Census, _ page: UInt32, _ level: Int, _ base: Gfn) {
    let table = pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable
    for index in 0..<Spte.entriesPerTable {
      let spte = raw_load64(table + index)
      if spte == Spte.nonpresent { continue }
      let gfn = base + UInt64(index) * Spte.pages(level)
      if Spte.isLeaf(spte, level) {
        census.leaves[level] += 1
      } else if Spte.isShadowPresent(spte) {
        census.tables += 1
        take(&census, PageArena.page(pfn: Spte.pfn(spte)), level - 1, gfn)
      } else if Spte.isFrozen(spte) && census.frozen == nil {
        census.frozen = (gfn, level, page &* 512 &+ UInt32(index))
      }
    }
  }

  /// - Returns: the first counter that is off, in words, with its level.
  func statisticsDifference(_ census: Census) -> (level: Int, expected: String, seen: String)? {
    let machine = pointee.machine
    func sum(_ value: (Task) -> Int64) -> Int64 {
      (0..<machine.pointee.taskCount).reduce(0) { $0 + value(machine.pointee.tasks[$1].pointee) }
    }
    for level in 1...Spte.maxLevel {
      let counted = sum { $0.pageStatistics[level] }
      if counted != census.leaves[level] {
        return (
          level, "\(census.leaves[level]) pages at level \(level), as the tables hold", "kvm->stat.pages = \(counted)"
        )
      }
    }
    let tables = sum { $0.tableStatistics }
    if tables != census.tables {
      return (0, "\(census.tables) linked tables, as the tables hold", "tdp_mmu_pages = \(tables)")
    }
    return nil
  }
}
