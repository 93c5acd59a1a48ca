/// Fibers for the tests of this target.
import Machine
import TestSupport
import Testing

extension FiberRig {
  static func make(_ tasks: Int) throws -> FiberRig { try #require(FiberRig(tasks: tasks), "no address space") }

  /// The rule that was broken, nil if none was.
  var broken: CheckerID? { machine.broken }

  /// An SPTE of a table that walkers can reach.
  func spte() -> SptePointer { machine.table(task(0).linkedTable()) }
}
