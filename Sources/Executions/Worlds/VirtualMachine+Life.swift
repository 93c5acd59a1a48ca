/// The second half of a VM's life, as every engine has it: looked at once nobody runs any more, and taken down.
import Checkers
import Machine

extension VirtualMachine {
  /// Nobody races any more: what was put off is done, and the tables are looked at.
  /// - Parameter tasks: that have run.
  package func settle(_ task: TaskPointer, _ suite: CheckerSuitePointer, tasks: Int) {
    Self.poll(task, tasks)
    verifyAtRest(suite, task)
  }

  /// The VM's end, if no rule was broken so far, and what is left of it.
  package func end(_ task: TaskPointer, _ suite: CheckerSuitePointer, tasks: Int) {
    guard !task.isHalted else { return }
    task.pointee.rangeStart = 0
    task.pointee.rangeEnd = 0
    task.pointee.mayResched = false
    task.pointee.busyThreshold = 0
    tearDown(task)
    task.drain()
    Self.poll(task, tasks)
    if !task.isHalted { verifyTornDown(suite, task) }
  }

  /// Every task is between two grace periods.
  private static func poll(_ task: TaskPointer, _ tasks: Int) {
    for id in 0..<tasks { task.pointee.machine.pointee.tasks[id].rcuPoll(force: true) }
  }
}
