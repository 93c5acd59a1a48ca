/// LIV-1 under real threads: finds the operation that never ends.
///
/// A thread that is merely not running must not raise an alarm, so the sign is not time alone: for `patience` nothing
/// completed anywhere, and at every look in that time every task that was inside an operation was waiting for another.
/// A task that passes `cpu_relax()` waits, whether it says for what or not. One that does neither, but does not end
/// within `limit`, is reported too. Time in which this thread could not
/// look does not count: the others did not run then either.
import CAtomics
import Executions
import Machine

package struct Watchdog {
  private let machine: MachinePointer
  private let patience: Double
  private let limit: Double
  private var completed: UInt64 = 0
  /// By task: `cpu_relax()` calls, ever.
  private var relaxes: [UInt64]
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
    relaxes = .init(repeating: 0, count: machine.pointee.taskCount)
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
      let relaxes = task.published(.relaxes)
      defer { self.relaxes[id] = relaxes }
      guard task.published(.operation) != 0 else { continue }
      inside += 1
      if task.published(.waiting) != 0 || relaxes != self.relaxes[id] { waiting += 1 }
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
    let seconds = (seconds * 10).rounded() / 10
    let stuck = StuckTasks(machine)
    guard let violation = stuck.violation(prefix: "for \(seconds) s ", stamp: cycle_counter()) else { return }
    machine.pointee.reports.add(violation)
    machine.pointee.halt()
  }
}
