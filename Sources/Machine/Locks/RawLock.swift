/// A mutex for the harness's own bookkeeping: no schedule point, no task, never held across one.
import CAtomics

package enum RawLock {
  @inline(__always) package static func lock(_ word: UnsafeMutablePointer<UInt32>) {
    if raw_cmpxchg32(word, 0, 1) == 0 { return }
    while raw_xchg32(word, 2) != 0 { park_wait(word, 2, 50_000_000) }
  }

  @inline(__always) package static func unlock(_ word: UnsafeMutablePointer<UInt32>) {
    if raw_xchg32(word, 0) == 2 { park_wake(word, 1) }
  }
}
