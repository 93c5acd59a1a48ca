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
  /// The first present entry of a root that is invalid: its zap, for which whoever invalidates it waits, left it.
  var left: (gfn: Gfn, entry: UInt32)?
}

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// Adds what stands below a root; nothing for root 0.
  func count(_ root: UInt32, _ census: inout Census) {
    if root != 0 { take(&census, root, Spte.maxLevel, 0) }
  }

  /// The same of a root that is referenced though it is invalid.
  func countInvalid(_ root: UInt32, _ census: inout Census) {
    count(root, &census)
    guard root != 0, census.left == nil else { return }
    let table = pointee.machine.pointee.arenaView.base + Int(root) * Spte.entriesPerTable
    guard let index = (0..<Spte.entriesPerTable).first(where: { Spte.isShadowPresent(raw_load64(table + $0)) }) else {
      return
    }
    let gfn = UInt64(index) &* Spte.pages(Spte.maxLevel)
    census.left = (gfn & ~pointee.sharedBits, root &* 512 &+ UInt32(index))
  }

  /// What stands below all roots that are referenced.
  /// - Parameter directRoot: the valid one, 0 for none.
  func census(directRoot: UInt32) -> Census {
    var census = Census()
    count(pointee.mirrorRoot, &census)
    count(directRoot, &census)
    for word in pointee.directRoots where word != UInt64(directRoot) {
      countInvalid(UInt32(truncatingIfNeeded: word), &census)
    }
    return census
  }

  /// What the statistics of a level count, and what the linked tables hold, at any moment of a race. Level 0 stands for
  /// the tables themselves.
  package func statistics(_ level: Int, directRoot: UInt32) -> (counted: Int64, held: Int64) {
    let census = census(directRoot: directRoot)
    let machine = pointee.machine
    var counted: Int64 = 0
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      counted += level == 0 ? task.pointee.tableStatistics : task.pointee.pageStatistics[level]
    }
    return (counted, level == 0 ? census.tables : census.leaves[level])
  }

  private func take(_ census: inout Census, _ page: UInt32, _ level: Int, _ base: Gfn) {
    let table = pointee.machine.pointee.arenaView.base + Int(page) * Spte.entriesPerTable
    for line in SetBits(pointee.machine.pointee.linesInUse(page)) {
      let run = line &* RUN_LENGTH
      for bit in SetBits(UInt64(run_unlike64(table + run, Spte.nonpresent))) {
        let index = run + bit
        let spte = raw_load64(table + index)
        let gfn = base &+ UInt64(index) &* Spte.pages(level)
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
  }

  /// - Returns: the first counter that is off, in words, with its level.
  func statisticsDifference(_ census: Census) -> (level: Int, expected: String, seen: String)? {
    let machine = pointee.machine
    var pages: InlineArray<5, Int64> = .init(repeating: 0)
    var tables: Int64 = 0
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      for level in 1...Spte.maxLevel { pages[level] += task.pointee.pageStatistics[level] }
      tables += task.pointee.tableStatistics
    }
    for level in 1...Spte.maxLevel where pages[level] != census.leaves[level] {
      return (
        level, "\(census.leaves[level]) pages at level \(level), as the tables hold",
        "kvm->stat.pages = \(pages[level])"
      )
    }
    if pointee.countsTables && tables != census.tables {
      return (0, "\(census.tables) linked tables, as the tables hold", "tdp_mmu_pages = \(tables)")
    }
    return nil
  }
}
