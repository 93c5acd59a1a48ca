/// Dynamic PAMT: the module's metadata for 4K pages, which KVM lends it a pair of pages at a time for each 2M region of
/// host memory.
///
/// A tree that has no such calls is not asked for any: the rules hold from the first TDH.PHYMEM.PAMT.ADD on. Only the
/// guest's own memory is kept account of; page tables' memory always has its pair here.
import CAtomics
import Machine

package struct DynamicPamt {
  private static let pair: UInt64 = 1 << 63
  /// One word a 2M region: whether it has its pair, and how many of its 4K pages are mapped. Before them a word that is
  /// not 0 once there was a call.
  private let words: UnsafeMutablePointer<UInt64>
  private let count: Int

  package init(guestPages: UInt64) {
    count = Int(guestPages + 511) / 512
    words = UnsafeMutablePointer<UInt64>.allocate(capacity: count + 1)
    words.initialize(repeating: 0, count: count + 1)
  }

  package func deallocate() { words.deallocate() }
  package func register(in snapshot: Snapshot) { snapshot.add(words, count: count + 1) }
  /// No task may run.
  package func reset() { words.update(repeating: 0, count: count + 1) }

  private func word(_ pfn: UInt64) -> UnsafeMutablePointer<UInt64>? {
    pfn >> 9 < UInt64(count) ? words + 1 + Int(pfn >> 9) : nil
  }

  /// TDH.PHYMEM.PAMT.ADD: a region that has its pair takes no other.
  package func add(_ task: TaskPointer, _ pfn: UInt64) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    raw_store64(words, 1)
    guard let word = word(pfn) else { return .success }
    return raw_fetch_or64(word, Self.pair) & Self.pair == 0 ? .success : .rangeNotFree
  }

  /// TDH.PHYMEM.PAMT.REMOVE: not while a 4K page of the region is mapped.
  package func remove(_ task: TaskPointer, _ pfn: UInt64) -> TdxStatus {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    guard let word = word(pfn) else { return .success }
    return raw_cmpxchg64(word, Self.pair, 0) == Self.pair ? .success : .metadataIncorrect
  }

  /// Whether a 4K page may be mapped, which is counted where it may.
  @inline(__always) package func take(_ pfn: UInt64) -> Bool {
    if _fastPath(raw_load64(words) == 0) { return true }
    guard let word = word(pfn) else { return true }
    guard raw_load64(word) & Self.pair != 0 else { return false }
    raw_fetch_add64(word, 1)
    return true
  }

  /// PAGE.DEMOTE brings the pair of its region along, and makes 4K pages of it.
  package func demoted(_ pfn: UInt64) {
    if _fastPath(raw_load64(words) == 0) { return }
    if let word = word(pfn) { raw_store64(word, Self.pair | 512) }
  }

  /// A 4K page is mapped no more, or was not mapped after all.
  @inline(__always) package func give(_ pfn: UInt64) {
    if _fastPath(raw_load64(words) == 0) { return }
    guard let word = word(pfn), raw_load64(word) & ~Self.pair > 0 else { return }
    raw_fetch_add64(word, ~0)
  }
}
