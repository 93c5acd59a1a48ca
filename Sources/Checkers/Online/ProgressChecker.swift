/// LIV-1 for a retry that cannot succeed: a cmpxchg that goes on expecting what it was told is not there.
///
/// Verified: lost cmpxchgs of one operation on one SPTE. A retry that took the value it was refused with, or read the
/// entry again, either wins or meets yet another value. Waiting of any other kind is the watchdog's, and the fiber
/// scheduler's, to judge.
import Machine

struct LostCmpxchg: BitwiseCopyable {
  /// So many times in a row nobody is refused by the same value for the same expectation, unless it is a stale one.
  static let limit = 64

  var entry: UInt32 = 0
  var expected: UInt64 = 0
  var seen: UInt64 = 0
  var count = 0
}

extension UnsafeMutablePointer where Pointee == TaskState {
  @inline(never) func lostCmpxchg(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    let (expected, seen) = (event.pointee.old, event.pointee.new)
    let lost = pointee.lost
    let isSame = lost.entry == event.pointee.entry && lost.expected == expected && lost.seen == seen
    pointee.lost = LostCmpxchg(
      entry: event.pointee.entry, expected: expected, seen: seen, count: isSame ? lost.count + 1 : 1)
    guard pointee.lost.count == LostCmpxchg.limit else { return }
    report(
      .liv1, event, task, expected: "a retry with the value that the lost cmpxchg has seen",
      seen: "\(LostCmpxchg.limit) times \(describeSpte(expected, event.pointee.level)) was expected and "
        + "\(describeSpte(seen, event.pointee.level)) was there")
  }
}
