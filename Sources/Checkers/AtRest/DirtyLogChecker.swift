/// WP-1 for dirty logging: while a slot logs, a page that is writable is in its dirty bitmap, or its next writes would
/// never be told of.
///
/// Verified between rounds over the direct root of a kernel whose slot logs. A page that was collected is
/// write-protected again; who makes it writable marks it. Not verified: that what is in the bitmap was written.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// - Parameter isLogged: whether the slot's bitmap has a gfn.
  package func verifyDirtyLog(_ task: TaskPointer, directRoot: UInt32, isLogged: (Gfn) -> Bool) {
    pointee.tasks[task.pointee.id].count(.wp1)
    var next: Gfn = 0
    while next < pointee.guestPages {
      let gfn = next
      let found = entry(directRoot, gfn | pointee.sharedBits, level: 1)
      next = Spte.round(gfn, found.level) &+ Spte.pages(found.level)
      guard Spte.isLeaf(found.spte, found.level), Spte.isWritable(found.spte), !isLogged(gfn) else { continue }
      return task.violation(
        .wp1, gfn: gfn, level: found.level, entry: found.entry,
        expected: "in the dirty bitmap, or not writable: its slot logs",
        seen: "\(describeSpte(found.spte, UInt8(found.level))), not in the bitmap")
    }
  }
}
