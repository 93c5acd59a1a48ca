/// LIV-1 under real threads: finds the operation that never ends.
///
/// A thread that is merely not running must not raise an alarm, so the sign is not time alone: for `patience` nothing
/// completed anywhere, and at every look in that time every task that was inside an operation was waiting for another.
/// A task that waits for nobody but does not end within `limit` is reported too. Time in which this thread could not
/// look does not count: the others did not run then either.
import CAtomics
import Machine

package struct Watchdog {
  private let machine: MachinePointer
  private let patience: Double
  private let limit: Double
  private var completed: UInt64 = 0
  /// Seconds without progress, and how many of them in a row with all waiting.
  private var quiet = 0.0
  private var waitingQuiet = 0.0
  private var lastLook: Double
  /// What the time between two looks counts at most: twice what it should be.
  private static let longestGap = 0.2

  package init(_ machine: MachinePointer, now: Double, patience: Double = 3, limit: Double = 120) {
    self.machine = machine
    self.patience = patience
    self.limit = limit
    lastLook = now
  }

  /// A round ended or begins: there is nothing to watch.
  package mutating func rest(now: Double) {
    lastLook = now
    quiet = 0
    waitingQuiet = 0
  }

  /// Looks at all tasks; called several times a second while a round runs.
  package mutating func look(now: Double) {
    var total: UInt64 = 0
    var inside = 0
    var waiting = 0
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      total &+= task.published(.operationsCompleted)
      guard task.published(.operation) != 0 else { continue }
      inside += 1
      if task.published(.waiting) != 0 { waiting += 1 }
    }
    let stuck = total == completed && inside > 0
    completed = total
    if !stuck { return rest(now: now) }
    let gap = min(now - lastLook, Self.longestGap)
    lastLook = now
    quiet += gap
    waitingQuiet = waiting == inside ? waitingQuiet + gap : 0
    if waitingQuiet > patience || quiet > limit { report(seconds: quiet) }
  }

  private func report(seconds: Double) {
    var stuck: [(task: TaskPointer, waiting: Task.Waiting)] = []
    for id in 0..<machine.pointee.taskCount {
      let task = machine.pointee.tasks[id]
      guard task.published(.operation) != 0 else { continue }
      stuck.append((task, Task.Waiting(rawValue: task.published(.waiting) >> 56) ?? .nothing))
    }
    // Whoever waits for something other than the lock is what the others wait for.
    guard let culprit = stuck.min(by: { rank($0.waiting) < rank($1.waiting) }) else { return }
    let word = culprit.task.published(.operation)
    let operation = Operation(rawValue: UInt8((word >> 56) - 1)) ?? .fault
    let gfn = word & (1 << 56 - 1)
    let others = Dictionary(grouping: stuck.filter { $0.task != culprit.task }, by: \.waiting)
      .map { "\($0.value.count) \(text($0.key))" }.sorted().joined(separator: ", ")
    let seconds = (seconds * 10).rounded() / 10
    let onlyLocks = stuck.allSatisfy { rank($0.waiting) == 3 }
    machine.pointee.reports.add(
      Violation(
        checker: onlyLocks ? .lck2 : .liv1, task: culprit.task.pointee.id, operation: operation, gfn: gfn, level: 0,
        expected: "the operation ends",
        seen: "for \(seconds) s \(text(culprit.waiting))\(others.isEmpty ? "" : "; the other threads: \(others)")",
        entry: 0, stamp: cycle_counter()))
    machine.pointee.halt()
  }

  private func rank(_ waiting: Task.Waiting) -> Int {
    switch waiting {
    case .busySeamcall, .nothing: 0
    case .guestExit, .frozenSpte, .pagesLock: 1
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
    case .frozenSpte: "waiting for a frozen SPTE"
    case .guestExit: "waiting for a vCPU to leave the guest"
    case .faultRetry: "retrying a fault"
    case .busySeamcall: "retrying a busy SEAMCALL, mmu_lock held and the SPTE frozen"
    }
  }
}
