/// WP-1: what write-protection has covered is not writable, what clearing of dirty bits has covered is not dirty, and
/// what was aged not accessed, unless somebody has set that bit since the operation began.
///
/// Verified between rounds over the direct root, for every operation that promised so: a leaf that has the bit must
/// have got it from a write after the operation's beginning. Such writes are known from the accesses themselves; a
/// split hands the bits of a huge page down, and counts as one. Aging may lose to any write (kvm_tdp_mmu_age_spte()
/// says so), which then counts as setting the bit. Not verified: a leaf that was set again later by right,
/// whatever it was before; roots that are valid no more.
import CAtomics
import Machine

/// When the last operation that cleared a bit began, by gfn; 0 outside of a look.
struct ProtectionScratch: BitwiseCopyable {
  let since: UnsafeMutablePointer<UInt64>
  private let bytes: Int

  init(guestPages: UInt64) {
    // Two words of the operating system's a gfn.
    let words = MappingLedger.reserve(2 * Int(guestPages))
    since = UnsafeMutableRawPointer(words).bindMemory(to: UInt64.self, capacity: Int(guestPages))
    bytes = 8 * Int(guestPages)
  }

  func deallocate() { MappingLedger.release(since, bytes: bytes) }
}

extension TaskState {
  @inline(__always) mutating func append(_ protection: BitsPromised) {
    protections.put(protection, at: &protectionCount)
  }
}

extension UnsafeMutablePointer where Pointee == TaskState {
  /// A write of an entry of a direct root.
  @inline(__always) func noteGrant(_ event: UnsafePointer<Event>) {
    let (old, new, level) = (event.pointee.old, event.pointee.new, Int(event.pointee.level))
    guard Spte.isShadowPresent(new) else { return }
    var bits = new & Spte.volatile
    var accessed = new
    if level == 1 {
      bits &= ~old
    } else if Spte.isLeaf(old, level) {
      // Its pages keep the bits that it had.
      if Spte.isLeaf(new, level) {
        bits &= ~old
      } else {
        bits = old & Spte.volatile
        // Or what the split had read, before it was aged.
        accessed = Spte.accessed
      }
    } else if !Spte.isLeaf(new, level) {
      return
    }
    bits |= accessed & Spte.accessed
    guard bits != 0 else { return }
    pointee.grants.put(
      BitsWritten(gfn: event.pointee.gfn, stamp: event.pointee.stamp, bits: bits, level: event.pointee.level),
      at: &pointee.grantCount)
  }
}

extension UnsafeMutablePointer where Pointee == CheckerSuite {
  /// The race begins: all that was done before counts as done long ago.
  package func beginRace() {
    for id in 0..<pointee.machine.pointee.taskCount {
      pointee.tasks[id].forgetBits()
    }
  }

  func lostProtection(directRoot: UInt32) -> Difference? {
    lostProtection(directRoot, Spte.writable) ?? lostProtection(directRoot, Spte.dirty)
      ?? lostProtection(directRoot, Spte.accessed)
  }

  private func lostProtection(_ root: UInt32, _ bit: UInt64) -> Difference? {
    let since = pointee.protectionScratch.since
    var isAny = false
    forEachProtection(bit) { protection in
      isAny = true
      for gfn in protection.range { since[Int(gfn)] = max(since[Int(gfn)], protection.begin) }
    }
    guard isAny else { return nil }
    for id in 0..<pointee.machine.pointee.taskCount {
      let state = pointee.tasks + id
      for index in 0..<state.pointee.grantCount { forget(state.pointee.grants.at(index).pointee, bit) }
    }
    var found: Difference?
    forEachProtection(bit) { protection in
      for gfn in protection.range where since[Int(gfn)] != 0 {
        since[Int(gfn)] = 0
        if found == nil { found = difference(root, gfn, bit) }
      }
    }
    return found
  }

  @inline(__always) private func forEachProtection(_ bit: UInt64, _ body: (BitsPromised) -> Void) {
    let all = 0..<pointee.guestPages
    for id in 0..<pointee.machine.pointee.taskCount {
      let state = pointee.tasks + id
      for index in 0..<state.pointee.protectionCount {
        var protection = state.pointee.protections.at(index).pointee
        guard protection.bits & bit != 0 else { continue }
        protection.range = protection.range.clamped(to: all)
        body(protection)
      }
    }
  }

  /// Gfns whose bit was set after the last operation that cleared it prove nothing.
  @inline(__always) private func forget(_ grant: BitsWritten, _ bit: UInt64) {
    guard grant.bits & bit != 0 else { return }
    let since = pointee.protectionScratch.since
    let end = min(grant.gfn &+ Spte.pages(Int(grant.level)), pointee.guestPages)
    var gfn = grant.gfn
    while gfn < end {
      if since[Int(gfn)] <= grant.stamp { since[Int(gfn)] = 0 }
      gfn &+= 1
    }
  }

  private func difference(_ root: UInt32, _ gfn: Gfn, _ bit: UInt64) -> Difference? {
    let found = entry(root, gfn | pointee.sharedBits, level: 1)
    guard Spte.isLeaf(found.spte, found.level), found.spte & bit != 0 else { return nil }
    return Difference(
      gfn: gfn, level: found.level, entry: found.entry,
      expected: expectation(bit),
      seen: describeSpte(found.spte, UInt8(found.level)))
  }

  private func expectation(_ bit: UInt64) -> String {
    switch bit {
    case Spte.writable: "not writable: it was write-protected, and nobody has made it writable since"
    case Spte.dirty: "not dirty: its dirty bit was cleared, and nobody has set it since"
    default: "not accessed: it was aged, and nobody has written it since"
    }
  }
}
