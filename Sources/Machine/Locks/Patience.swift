/// How a thread waits: look again at once for a while, then give the core away, then sleep.
///
/// Giving the core away lets a preempted holder run, at a fraction of what it costs to sleep and be woken: that is what
/// keeps 64 threads on 2 cores from collapsing.
import CAtomics
import Glibc

struct Patience {
  /// Parked threads look again this often, to see a halt.
  static let parkNanoseconds: UInt64 = 20_000_000
  private static let spins = 100
  private static let yields = 40

  private var looks = 0

  /// - Returns: true if it is time to park. A fiber never parks: it is blocked until another one wakes `word`.
  @inline(__always) mutating func isOver(_ task: TaskPointer, _ word: UnsafeRawPointer) -> Bool {
    if let fibers = task.pointee.fibers {
      fibers.block(task.pointee.id, on: word)
      return false
    }
    looks += 1
    if looks < Self.spins {
      raw_pause()
      return false
    }
    if looks < Self.spins + Self.yields {
      sched_yield()
      return false
    }
    return true
  }
}
