/// Which 2M regions are being zapped or split right now: for race coverage, never for a decision.
import CAtomics

package struct Activity {
  package static let zap: UInt64 = 1
  package static let split: UInt64 = 1 << 32

  private let regions: UnsafeMutablePointer<UInt64>
  private let count: Int

  package init(guestPages: UInt64) {
    count = Int(guestPages / 512)
    regions = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    regions.initialize(repeating: 0, count: count)
  }

  package func deallocate() { regions.deallocate() }

  package func register(in snapshot: Snapshot) { snapshot.add(regions, count: count) }

  /// Marks the range's first and last region; wide ranges race at every gfn and need no marks in between.
  package func begin(_ kind: UInt64, _ range: Range<Gfn>) {
    raw_fetch_add64(regions + Int(range.lowerBound >> 9), kind)
    raw_fetch_add64(regions + Int((range.upperBound - 1) >> 9), kind)
  }

  package func end(_ kind: UInt64, _ range: Range<Gfn>) {
    raw_fetch_add64(regions + Int(range.lowerBound >> 9), 0 &- kind)
    raw_fetch_add64(regions + Int((range.upperBound - 1) >> 9), 0 &- kind)
  }

  @inline(__always) package func note(_ task: TaskPointer, _ gfn: Gfn) {
    let word = raw_load64(regions + Int(gfn >> 9))
    if _fastPath(word == 0) { return }
    if word & 0xffff_ffff != 0 { task.count(.zapAgainstFault) }
    if word >> 32 != 0 { task.count(.splitAgainstFault) }
  }
}
