/// Tasks that are inside an operation and do not come out: which of them is the cause, and what it waits for.
import CAtomics
import Machine

package struct StuckTasks {
  private let machine: MachinePointer
  private var stuck: [(task: TaskPointer, waiting: Task.Waiting)] = []

  package init(_ machine: MachinePointer) {
    self.machine = machine
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      guard task.published(.operation) != 0 else { continue }
      stuck.append((task, Task.Waiting(rawValue: task.published(.waiting) >> 56) ?? .nothing))
    }
  }

  /// LCK-2 if all wait for locks, else LIV-1; nil if no task is inside an operation.
  /// - Parameters:
  ///   - prefix: for how long, or since when.
  ///   - holders: who holds what, where that can be known.
  package func violation(prefix: String, stamp: UInt64, holders: [String] = []) -> Violation? {
    // Whoever waits for something other than the lock is what the others wait for.
    guard let culprit = stuck.min(by: { rank($0.waiting) < rank($1.waiting) }) else { return nil }
    let word = culprit.task.published(.operation)
    let operation = Operation(rawValue: UInt8((word >> 56) - 1)) ?? .fault
    let others = Dictionary(grouping: stuck.filter { $0.task != culprit.task }, by: \.waiting)
      .map { "\($0.value.count) \(text($0.key))" }.sorted().joined(separator: ", ")
    let onlyLocks = stuck.allSatisfy { rank($0.waiting) == 3 }
    let held = holders.map { "; \($0)" }.joined()
    return Violation(
      checker: onlyLocks ? .lck2 : .liv1, task: culprit.task.pointee.id, operation: operation,
      gfn: word & (1 << 56 - 1), level: 0, expected: "the operation ends",
      seen: "\(prefix)\(text(culprit.waiting))\(others.isEmpty ? "" : "; the other threads: \(others)")\(held)",
      entry: 0, stamp: stamp)
  }

  private func rank(_ waiting: Task.Waiting) -> Int {
    switch waiting {
    case .busySeamcall, .nothing: 0
    case .guestExit, .frozenSpte, .pagesLock, .septLock, .slotsLock: 1
    case .faultRetry: 2
    case .mmuLockRead, .mmuLockWrite, .readersToLeave: 3
    }
  }

  private func text(_ waiting: Task.Waiting) -> String {
    switch waiting {
    case .nothing: "running without end"
    case .mmuLockRead: "waiting for mmu_lock (read)"
    case .mmuLockWrite: "waiting for mmu_lock (write)"
    case .readersToLeave: "waiting for mmu_lock's readers to leave"
    case .pagesLock: "waiting for tdp_mmu_pages_lock"
    case .slotsLock: "waiting for slots_lock"
    case .septLock: "waiting for the external side's lock"
    case .frozenSpte: "waiting for a frozen SPTE"
    case .guestExit: "waiting for a vCPU to leave the guest"
    case .faultRetry: "retrying a fault"
    case .busySeamcall: "retrying a busy SEAMCALL, mmu_lock held and the SPTE frozen"
    }
  }
}
