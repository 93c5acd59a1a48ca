/// LCK-2 at the end of an operation: no lock is left held. A deadlock is the watchdog's to find.
import Machine

extension UnsafeMutablePointer where Pointee == TaskState {
  func endOperation(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    pointee.count(.lck2)
    if _slowPath(pointee.openCount > 0) { leaveSection(task, "ended its operation") }
    checkPremapped(task)
    let holdsSpinlock = task.pointee.pagesLockHeld || task.pointee.septLockHeld || task.pointee.slotsLockHeld
    if _slowPath(pointee.lockMode != .none || task.pointee.rcuDepth != 0 || holdsSpinlock) {
      report(
        .lck2, event, task, expected: "no lock and no RCU section is left held at the end of an operation",
        seen: "mmu_lock \(pointee.lockMode), RCU depth \(task.pointee.rcuDepth)" + others(task))
    }
  }

  private func others(_ task: TaskPointer) -> String {
    let locks = [
      (isHeld: task.pointee.pagesLockHeld, name: "tdp_mmu_pages_lock"),
      (isHeld: task.pointee.septLockHeld, name: "the external side's lock"),
      (isHeld: task.pointee.slotsLockHeld, name: "slots_lock"),
    ]
    return locks.filter(\.isHeld).map { ", \($0.name) held" }.joined()
  }
}
