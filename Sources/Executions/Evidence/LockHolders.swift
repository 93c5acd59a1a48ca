/// Who holds mmu_lock, `tdp_mmu_pages_lock`, the external side's lock or an SPTE frozen: what makes a stuck execution
/// understood.
///
/// Looks at what only the tasks' own thread writes: for executions on fibers, which stand still meanwhile.
import Checkers
import Machine

enum LockHolders {
  static func of(_ machine: MachinePointer, _ suite: CheckerSuitePointer) -> [String] {
    var lines: [String] = []
    func tell(_ what: String, _ holds: (TaskPointer) -> Bool) {
      let ids = (0..<machine.pointee.taskCount).filter { holds(machine.pointee.tasks[$0]) }
      guard !ids.isEmpty else { return }
      lines.append("\(what) by thread\(ids.count == 1 ? "" : "s") \(ids.map(String.init).joined(separator: ", "))")
    }
    tell("mmu_lock is held for write") { $0.pointee.lockMode == .write }
    tell("mmu_lock is held for read") { $0.pointee.lockMode == .read }
    tell("tdp_mmu_pages_lock is held") { $0.pointee.pagesLockHeld }
    tell("the external side's lock is held") { $0.pointee.septLockHeld }
    for (task, gfn, level) in suite.pointee.frozen {
      lines.append("the SPTE of gfn \(gfn.hex) at level \(level) is frozen by thread \(task)")
    }
    return lines
  }
}
