/// `mmu_invalidate_in_progress`, `mmu_invalidate_seq` and the range: how a fault learns that what it looked up before
/// it took mmu_lock is stale.
///
/// Changed under mmu_lock held for write; the sequence is also read without it. When a run is halted, tasks that wait
/// for the lock go on without: counts may be wrong from then on, and must not trap.
import CAtomics
import Machine

package struct Invalidation: BitwiseCopyable {
  private let words: UnsafeMutablePointer<UInt64>

  package init() {
    words = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
    words.initialize(repeating: 0, count: 4)
  }

  package func deallocate() { words.deallocate() }

  func register(in snapshot: Snapshot) { snapshot.add(words, count: 4) }

  func reset() { words.update(repeating: 0, count: 4) }

  package var sequenceWord: UnsafeMutablePointer<UInt64> { words }
  private var inProgress: UnsafeMutablePointer<UInt64> { words + 1 }
  private var start: UnsafeMutablePointer<UInt64> { words + 2 }
  private var end: UnsafeMutablePointer<UInt64> { words + 3 }

  /// As a task reads it without mmu_lock.
  @inline(__always) func sequence(_ task: TaskPointer) -> UInt64 { read_once64(task.point, sequenceWord) }

  /// `kvm_mmu_invalidate_begin()` and `_range_add()`: overlapping invalidations share one covering range, as in the
  /// kernel.
  package func begin(_ range: Range<Gfn>) {
    let count = raw_load64(inProgress)
    raw_store64(start, count == 0 ? range.lowerBound : min(raw_load64(start), range.lowerBound))
    raw_store64(end, count == 0 ? range.upperBound : max(raw_load64(end), range.upperBound))
    raw_store64(inProgress, count &+ 1)
  }

  /// `kvm_mmu_invalidate_end()`
  package func finish(_ task: TaskPointer) {
    write_once64(task.point, sequenceWord, raw_load64(sequenceWord) &+ 1)
    raw_store64(inProgress, raw_load64(inProgress) &- 1)
  }

  /// `mmu_invalidate_retry_gfn()`, under mmu_lock.
  @inline(__always) func mustRetry(_ gfn: Gfn, since snapshot: UInt64) -> Bool {
    isInvalidating(gfn) || raw_load64(sequenceWord) != snapshot
  }

  /// True while an invalidation covers `gfn`. Under mmu_lock.
  @inline(__always) package func isInvalidating(_ gfn: Gfn) -> Bool {
    _slowPath(raw_load64(inProgress) != 0) && gfn >= raw_load64(start) && gfn < raw_load64(end)
  }

  /// True while an invalidation overlaps `gfn`'s 2M region. Under mmu_lock.
  @inline(__always) func touchesRegion(of gfn: Gfn) -> Bool {
    let region = Spte.round(gfn, 2)
    return raw_load64(inProgress) != 0 && region < raw_load64(end) && region + 512 > raw_load64(start)
  }
}
