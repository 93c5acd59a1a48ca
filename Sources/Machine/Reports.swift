/// What went wrong, as the place that saw it tells it. The one that happened first is kept, and the run is halted.
import CAtomics
import Synchronization

/// One of the accesses that a violation is about, where the rule is about accesses and not about an entry.
@usableFromInline package struct ViolatingAccess: Sendable, Equatable {
  package var task: Int
  /// For example `plain write sp->role`.
  package var text: String
  /// Where in the subject's code, 0 where that is not known: for symbols, never for output.
  package var code: UInt

  package init(task: Int, text: String, code: UInt) {
    self.task = task
    self.text = text
    self.code = code
  }
}

/// A broken rule.
package struct Violation: Sendable {
  package var checker: CheckerID
  package var task: Int
  package var operation: Operation
  package var gfn: Gfn
  package var level: Int
  package var expected: String
  package var seen: String
  /// The entry's index in the arena, 0 for none: reports pick the events that touch it.
  package var entry: UInt32
  /// When it happened, in the events' time.
  package var stamp: UInt64
  /// The step that broke it first, then what others were about to do.
  package var accesses: [ViolatingAccess]

  package init(
    checker: CheckerID, task: Int, operation: Operation, gfn: Gfn, level: Int, expected: String, seen: String,
    entry: UInt32, stamp: UInt64, accesses: [ViolatingAccess] = []
  ) {
    self.accesses = accesses
    self.checker = checker
    self.task = task
    self.operation = operation
    self.gfn = gfn
    self.level = level
    self.expected = expected
    self.seen = seen
    self.entry = entry
    self.stamp = stamp
  }
}

/// The machine's findings. Written from any thread, on cold paths only.
package final class Reports: Sendable {
  private struct Findings {
    var violation: Violation?
    var harnessFault: String?
  }
  private let findings = Mutex(Findings())

  package var violation: Violation? { findings.withLock { $0.violation } }
  package var harnessFault: String? { findings.withLock { $0.harnessFault } }

  /// Keeps the violation if none is known that happened before it: what a thread meets is often the consequence of what
  /// another one did and has yet to tell of.
  package func add(_ violation: Violation) {
    findings.withLock {
      if let known = $0.violation, known.stamp <= violation.stamp { return }
      $0.violation = violation
    }
  }

  package func add(harnessFault: String) {
    findings.withLock { if $0.harnessFault == nil { $0.harnessFault = harnessFault } }
  }

  package func reset() { findings.withLock { $0 = Findings() } }
}

extension UnsafeMutablePointer where Pointee == Task {
  /// Reports a broken rule and halts the run.
  /// - Parameter stamp: of the event that broke it; now if nil.
  @inline(never) package func violation(
    _ checker: CheckerID, gfn: Gfn, level: Int, entry: UInt32 = 0, stamp: UInt64? = nil, expected: String, seen: String,
    accesses: [ViolatingAccess] = []
  ) {
    // After a halt waits give up and locks do not exclude: what a task meets then means nothing. Events from before it
    // still do.
    guard !isHalted || stamp != nil else { return }
    let violation = Violation(
      checker: checker, task: pointee.id, operation: pointee.currentOperation, gfn: gfn, level: level,
      expected: expected, seen: seen, entry: entry, stamp: stamp ?? self.stamp(), accesses: accesses)
    pointee.machine.pointee.reports.add(violation)
    pointee.machine.pointee.halt()
  }

  /// `KVM_BUG_ON()` and `WARN_ON_ONCE()`: the violation names the condition as the kernel's source does.
  /// - Returns: the condition.
  @inlinable @inline(__always) @discardableResult
  package func bugOn(
    _ condition: Bool, _ text: StaticString, gfn: Gfn = 0, level: Int = 0
  ) -> Bool {
    pointee.bugConditions &+= 1
    if _slowPath(condition) { bug(text, gfn: gfn, level: level) }
    return condition
  }

  @inline(never) @usableFromInline func bug(_ text: StaticString, gfn: Gfn, level: Int) {
    violationAfterDrain(
      .bug1, gfn: gfn, level: level, expected: "the condition stays false", seen: "\(text) fired")
  }

  /// Lets the checkers read what led here first: what they find in it is the cause, this is the consequence.
  @usableFromInline @inline(never) package func violationAfterDrain(
    _ checker: CheckerID, gfn: Gfn, level: Int, entry: UInt32 = 0, expected: String, seen: String,
    accesses: [ViolatingAccess] = []
  ) {
    drain()
    violation(
      checker, gfn: gfn, level: level, entry: entry, expected: expected, seen: seen, accesses: accesses)
  }

  @inlinable @inline(__always) package func lockdepAssertHeldWrite(gfn: Gfn = 0, level: Int = 0) {
    pointee.lockAssertions &+= 1
    if _slowPath(pointee.lockMode != .write) { lockdep("lockdep_assert_held_write(&kvm->mmu_lock)", gfn, level) }
  }

  @inlinable @inline(__always) package func lockdepAssertHeldRead(gfn: Gfn = 0, level: Int = 0) {
    pointee.lockAssertions &+= 1
    if _slowPath(pointee.lockMode != .read) { lockdep("lockdep_assert_held_read(&kvm->mmu_lock)", gfn, level) }
  }

  @inlinable @inline(__always) package func lockdepAssertHeld(gfn: Gfn = 0, level: Int = 0) {
    pointee.lockAssertions &+= 1
    if _slowPath(pointee.lockMode == .none) { lockdep("lockdep_assert_held(&kvm->mmu_lock)", gfn, level) }
  }

  @inline(never) @usableFromInline func lockdep(_ text: StaticString, _ gfn: Gfn, _ level: Int) {
    violationAfterDrain(
      .lck1, gfn: gfn, level: level, expected: "\(text)", seen: "mmu_lock held for \(pointee.lockMode)")
  }
}
