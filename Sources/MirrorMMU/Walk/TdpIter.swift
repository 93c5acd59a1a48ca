/// `struct tdp_iter`: a pre-order walk over one root's tables (`arch/x86/kvm/mmu/tdp_iter.c`).
import CAtomics
import Machine

package struct TdpIter {
  /// The walk goes towards the mapping for this gfn.
  var nextLastLevelGfn: Gfn
  /// `nextLastLevelGfn` when the walk last yielded: yielding only after progress.
  var yieldedGfn: Gfn
  package var sptep: SptePointer
  /// Lowest gfn that the current SPTE maps.
  package var gfn: Gfn
  package var oldSpte: UInt64 = 0
  package var level: Int
  let rootLevel: Int
  let minLevel: Int
  package var valid = true
  /// mmu_lock was dropped in the middle of the walk: `next` restarts at the root.
  package var yielded = false
  /// The tables on the way down, by level - 1.
  var path: InlineArray<4, SptePointer>

  /// `tdp_iter_start()`
  package init(_ task: TaskPointer, root: UInt32, minLevel: Int, from start: Gfn) {
    let table = task.pointee.machine.pointee.arenaView.base + Int(root) &* Spte.entriesPerTable
    let header = task.pointee.machine.pointee.arenaView.headers + Int(root)
    rootLevel = Int(header.pointee.level)
    self.minLevel = minLevel
    nextLastLevelGfn = start
    yieldedGfn = start
    path = InlineArray(repeating: table)
    level = rootLevel
    gfn = start
    sptep = table
    restart(task)
  }

  /// An iterator that stands on one known SPTE, as `kvm_tdp_mmu_zap_possible_nx_huge_page()` makes by hand.
  init(at sptep: SptePointer, gfn: Gfn, level: Int, oldSpte: UInt64) {
    nextLastLevelGfn = gfn
    yieldedGfn = gfn
    self.sptep = sptep
    self.gfn = gfn
    self.oldSpte = oldSpte
    self.level = level
    rootLevel = level
    minLevel = level
    path = InlineArray(repeating: sptep)
  }

  /// `tdp_iter_restart()`
  mutating func restart(_ task: TaskPointer) {
    yielded = false
    yieldedGfn = nextLastLevelGfn
    level = rootLevel
    gfn = Spte.round(nextLastLevelGfn, level)
    refreshSptep(task)
    valid = true
  }

  /// `tdp_iter_refresh_sptep()`
  @inline(__always) private mutating func refreshSptep(_ task: TaskPointer) {
    sptep = path[level &- 1] + Spte.index(gfn, level)
    oldSpte = task.readSpte(sptep)
  }

  @inline(__always) private mutating func tryStepDown(_ task: TaskPointer) -> Bool {
    if level == minLevel { return false }
    // Reread before stepping down, so as not to walk into a table that is no longer linked here.
    oldSpte = task.readSpte(sptep)
    guard Spte.isNonLeaf(oldSpte, level) else { return false }
    let page = PageArena.page(pfn: Spte.pfn(oldSpte))
    level &-= 1
    path[level &- 1] = task.pointee.machine.pointee.arenaView.base + Int(page) &* Spte.entriesPerTable
    gfn = Spte.round(nextLastLevelGfn, level)
    refreshSptep(task)
    return true
  }

  @inline(__always) private mutating func tryStepSide(_ task: TaskPointer) -> Bool {
    if Spte.index(gfn, level) == Spte.entriesPerTable - 1 { return false }
    gfn &+= Spte.pages(level)
    nextLastLevelGfn = gfn
    sptep += 1
    oldSpte = task.readSpte(sptep)
    return true
  }

  @inline(__always) private mutating func tryStepUp(_ task: TaskPointer) -> Bool {
    if level == rootLevel { return false }
    level &+= 1
    gfn = Spte.round(gfn, level)
    refreshSptep(task)
    return true
  }

  /// `tdp_iter_next()`
  @inline(__always) package mutating func next(_ task: TaskPointer) {
    if _slowPath(yielded) { return restart(task) }
    if tryStepDown(task) { return }
    repeat {
      if tryStepSide(task) { return }
    } while tryStepUp(task)
    valid = false
  }
}
