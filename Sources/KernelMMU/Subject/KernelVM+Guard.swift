/// Kernel code on a stack that can be left: all of it while nobody races, and each thread's round.
import CAtomics
import CFibers
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// Weight of the points that a VM's making or unmaking may pass: far more than any takes. Threads have larger guests.
  private var pointLimit: Int64 { pointee.isThreaded ? 4_000_000_000 : 50_000_000 }

  /// Runs `errand` for the harness. All tasks stand still.
  /// - Returns: for what it was left, if its code could not go on.
  package func guarded(_ argument: UnsafeMutableRawPointer, _ errand: @escaping Escape.Errand) -> CodeFault? {
    let machine = pointee.machine
    for id in 0..<machine.pointee.taskCount { machine.pointee.tasks[id].pointee.point.countdown = pointLimit }
    return pointee.escape.run(argument, errand) ? nil : pointee.escape.fault
  }

  /// Has faults and endless loops of the kernel's code leave an errand.
  package func watch(_ foreign: ForeignCode) {
    let count = pointee.machine.pointee.taskCount
    pointee.escape.watch(foreign, pointee.machine, tasks: 0..<count)
    for id in 0..<count { pointee.tasks[id].escape?.watch(foreign, pointee.machine, tasks: id..<id + 1) }
  }

  /// Runs `errand` on the calling thread, which is `task`'s, while others race.
  /// - Returns: whether it came to its end. Otherwise the run was over before, or it was left for the fault.
  package func racing(
    _ task: TaskPointer, _ argument: UnsafeMutableRawPointer, _ errand: @escaping Escape.Errand
  ) -> (isDone: Bool, fault: CodeFault?) {
    guard let escape = own(task).pointee.escape, fiber_faults_register() else { return (false, nil) }
    defer { fiber_faults_unregister() }
    let isDone = escape.run(argument, errand)
    return (isDone, isDone ? nil : escape.fault)
  }

  /// For `FiberScheduler.stranded`.
  package static var stranded: @convention(c) (UnsafeMutableRawPointer) -> Void {
    { raw in
      let task = raw.assumingMemoryBound(to: Task.self)
      guard let vm = task.pointee.machine.pointee.subject?.assumingMemoryBound(to: KernelVM.self),
        vm.pointee.escape.pointee.isRunning
      else { return }
      task.violationAfterDrain(
        .liv1, gfn: 0, level: 0, expected: "what the kernel does while nobody else runs comes to an end",
        seen: "no end in very many steps")
      vm.pointee.escape.leave()
    }
  }

}

/// For `Machine.interrupt`.
let leaveOrStrand: Machine.Drain = { raw in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let vm = task.pointee.machine.pointee.subject?.assumingMemoryBound(to: KernelVM.self) else { return }
  if task.isHalted { return vm.own(task).leave() }
  // Where nobody else runs a wait is in vain.
  if vm.pointee.escape.pointee.isRunning { task.pointee.point.countdown -= 1 << 20 }
  if task.pointee.point.countdown <= 0 { KernelVMPointer.stranded(raw) }
}

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// Leaves what the task runs for good. Returns if that is on no stack that can be left.
  func leave() {
    if let escape = pointee.escape, escape.pointee.isRunning { escape.leave() }
    pointee.vm.pointee.escape.leave()
  }

  /// A thread whose run is over goes no further into the kernel: its locks do not exclude any more.
  @inline(__always) func leaveIfOver() {
    if pointee.escape != nil && _slowPath(pointee.task.isHalted) { leave() }
  }
}
