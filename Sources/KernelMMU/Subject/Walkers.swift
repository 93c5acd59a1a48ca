/// vCPUs whose processor accesses shared memory: what a TLB flush, or any request that kicks vCPUs, waits for.
///
/// A walk holds neither a lock nor RCU. What keeps the tables below it is that nobody frees one before every processor
/// has left the walk that may have found it; and what it has found is its translation until it leaves.
import CAtomics
import Machine

struct Walkers {
  /// A cache line a vCPU. Word 0 is odd while it walks; then its translation: the gfn plus one, 0 for none, and since
  /// when.
  private let words: UnsafeMutablePointer<UInt64>
  private let count: Int
  private static let stride = 8

  init(count: Int) {
    self.count = count
    words = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.stride * count)
    words.initialize(repeating: 0, count: Self.stride * count)
  }

  func deallocate() { words.deallocate() }

  func register(in snapshot: Snapshot) { snapshot.add(words, count: Self.stride * count) }

  private func own(_ id: Int) -> UnsafeMutablePointer<UInt64> { words + Self.stride * id }

  /// From here on until `leave` a kick waits for this task.
  func enter(_ task: TaskPointer) {
    let own = own(task.pointee.id)
    raw_store64(own + 2, task.stamp())
    raw_store64(own, raw_load64(own) &+ 1)
    raw_fence()
  }

  /// The walk has found its page, and uses it from now on.
  func use(_ task: TaskPointer, _ gfn: Gfn) { raw_store64(own(task.pointee.id) + 1, gfn &+ 1) }

  func leave(_ task: TaskPointer) {
    let own = own(task.pointee.id)
    raw_store64(own + 1, 0)
    raw_store64(own, raw_load64(own) &+ 1)
    task.wake(own)
  }

  /// Returns after every other task has left the walk that it is in.
  func kick(_ task: TaskPointer) {
    raw_fence()
    for id in 0..<count where id != task.pointee.id {
      let turn = own(id)
      let seen = raw_load64(turn)
      guard _slowPath(seen & 1 != 0) else { continue }
      while raw_load64(turn) == seen, task.sleep(on: turn) {}
    }
  }

  /// A gfn of the range that somebody has used since before `begin`, in the events' time.
  func translation(of range: Range<Gfn>, before begin: UInt64) -> Gfn? {
    for id in 0..<count {
      let own = own(id)
      let gfn = raw_load64(own + 1)
      if gfn != 0, range.contains(gfn &- 1), raw_load64(own + 2) < begin { return gfn &- 1 }
    }
    return nil
  }
}
