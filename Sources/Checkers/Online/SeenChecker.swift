/// DIRT-1: a plain store loses no bit that others set without a lock.
///
/// The processor sets D, and a fast page fault sets W, in a leaf that anyone may be about to overwrite. Who does has to
/// learn of them: by xchg, cmpxchg or fetch_and, or because no such bit could be set any more.
///
/// Verified on every plain store to a leaf of a direct root, against what the task has read there. Not verified: what
/// is done with a value that an xchg has returned; a store to an entry that is not the one read last; the accessed
/// bit, which the kernel lets go.
import Machine

extension UnsafeMutablePointer where Pointee == TaskState {
  @inline(__always) func checkSeen(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    guard event.pointee.kind == .store, Spte.isLeaf(event.pointee.old, Int(event.pointee.level)) else { return }
    pointee.count(.dirt1)
    if _slowPath(event.pointee.flags & Event.blind != 0) {
      report(
        .dirt1, event, task, expected: "an atomic update, or a leaf that is as it was read",
        seen: "store over \(describeSpte(event.pointee.old, event.pointee.level)), where W or D was set since the read")
    }
  }
}
