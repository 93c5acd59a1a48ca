/// Which gfns are private, and where huge pages are allowed: memory attributes and `lpage_info`.
///
/// Written under mmu_lock held for write, but for `lpage_info` by a shared split of the mirror root. A fault reads them
/// before it takes the lock and again, by way of the invalidation sequence, under it. When a run is halted, tasks write
/// without the lock: counts may be wrong from then on, and must not trap.
import CAtomics
import Machine

package struct Attributes: BitwiseCopyable {
  /// One bit a gfn, set for private.
  let bits: UnsafeMutablePointer<UInt64>
  /// Private gfns of each 2M region, 0 to 512.
  private let privateCounts: UnsafeMutablePointer<UInt32>
  /// A private 2M page is not allowed any more: the region was split or mixed, and its S-EPT table cannot be promoted.
  let lpageDisallowed: UnsafeMutablePointer<UInt32>
  let words: Int
  let regions: Int

  init(guestPages: UInt64) {
    words = Int(guestPages / 64)
    regions = Int(guestPages / 512)
    bits = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
    bits.initialize(repeating: 0, count: words)
    privateCounts = UnsafeMutablePointer<UInt32>.allocate(capacity: regions)
    privateCounts.initialize(repeating: 0, count: regions)
    lpageDisallowed = UnsafeMutablePointer<UInt32>.allocate(capacity: regions)
    lpageDisallowed.initialize(repeating: 0, count: regions)
  }

  func register(in snapshot: Snapshot) {
    snapshot.add(bits, count: words)
    snapshot.add(privateCounts, count: regions)
    snapshot.add(lpageDisallowed, count: regions)
  }

  func deallocate() {
    bits.deallocate()
    privateCounts.deallocate()
    lpageDisallowed.deallocate()
  }

  @inline(__always) package func isPrivate(_ gfn: Gfn) -> Bool {
    raw_load64(bits + Int(gfn >> 6)) & (1 << (gfn & 63)) != 0
  }

  /// As a task reads it without mmu_lock.
  @inline(__always) func isPrivate(_ task: TaskPointer, _ gfn: Gfn) -> Bool {
    read_once64(task.point, bits + Int(gfn >> 6)) & (1 << (gfn & 63)) != 0
  }

  /// `hugepage_has_attrs()` and `lpage_info`: may `gfn`'s 2M region be mapped by one page of this kind?
  @inline(__always) func allowsHuge(_ gfn: Gfn, isPrivate: Bool) -> Bool {
    let region = Int(gfn >> 9)
    return isPrivate
      ? raw_load32(privateCounts + region) == 512 && raw_load32(lpageDisallowed + region) == 0
      : raw_load32(privateCounts + region) == 0
  }

  /// Before a read of `lpage_info` that others may be writing.
  @inline(__always) func meetsDisallowing(_ task: TaskPointer, _ gfn: Gfn) {
    schedule_point_pass(task.point, UInt32(SCHEDULE_LOAD.rawValue), lpageDisallowed + Int(gfn >> 9))
  }

  /// The same under mmu_lock held for read.
  func disallowHuge(_ task: TaskPointer, _ gfn: Gfn) {
    schedule_point_pass(task.point, UInt32(SCHEDULE_STORE.rawValue), lpageDisallowed + Int(gfn >> 9))
    disallowHuge(gfn)
  }

  func isAllPrivate(_ gfn: Gfn) -> Bool { raw_load32(privateCounts + Int(gfn >> 9)) == 512 }

  func disallowHuge(_ gfn: Gfn) { raw_store32(lpageDisallowed + Int(gfn >> 9), 1) }

  /// Makes a range private or shared; a 2M region that it covers in part is mixed from then on.
  func set(_ task: TaskPointer, _ range: Range<Gfn>, isPrivate: Bool) {
    for gfn in range {
      let word = bits + Int(gfn >> 6)
      let bit: UInt64 = 1 << (gfn & 63)
      let old = raw_load64(word)
      // Faults read the word without mmu_lock: it is one schedule point, not one for each of its bits.
      if gfn & 63 == 0 || gfn == range.lowerBound {
        schedule_point_pass(task.point, UInt32(SCHEDULE_STORE.rawValue), word)
      }
      guard (old & bit != 0) != isPrivate else { continue }
      raw_store64(word, old ^ bit)
      let count = privateCounts + Int(gfn >> 9)
      raw_store32(count, isPrivate ? raw_load32(count) &+ 1 : raw_load32(count) &- 1)
    }
    for region in (range.lowerBound >> 9)...((range.upperBound - 1) >> 9) {
      let count = raw_load32(privateCounts + Int(region))
      if count != 0 && count != 512 { disallowHuge(region << 9) }
    }
  }

  /// Sets the first `count` 2M regions, or all, before the VM runs. `kind` answers private and huge-allowed for a
  /// region's index.
  package func reset(regions count: Int = .max, _ kind: (Int) -> (isPrivate: Bool, allowsHuge: Bool)) {
    for region in 0..<min(count, regions) {
      let (isPrivate, allowsHuge) = kind(region)
      (bits + region * 8).update(repeating: isPrivate ? .max : 0, count: 8)
      privateCounts[region] = isPrivate ? 512 : 0
      lpageDisallowed[region] = allowsHuge ? 0 : 1
    }
  }
}
