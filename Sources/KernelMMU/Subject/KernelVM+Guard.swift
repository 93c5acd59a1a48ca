/// Kernel code on a stack that can be left: all of it while nobody races, and each thread's round.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// Weight of the points that a VM's making or unmaking may pass: far more than any takes. Threads have larger guests.
  private var pointLimit: Int64 { pointee.isThreaded ? 4_000_000_000 : 50_000_000 }

  /// Runs `errand` for the harness. All tasks stand still.
  package func guarded(_ argument: UnsafeMutableRawPointer, _ errand: @escaping Escape.Errand) {
    let machine = pointee.machine
    for id in 0..<machine.pointee.taskCount { machine.pointee.tasks[id].pointee.point.countdown = pointLimit }
    _ = pointee.escape.run(argument, errand)
  }

  /// Runs `errand` on the calling thread, which is `task`'s, while others race.
  /// - Returns: false if the run was over before the errand was, and it was left where it stood.
  package func racing(
    _ task: TaskPointer, _ argument: UnsafeMutableRawPointer, _ errand: @escaping Escape.Errand
  ) -> Bool {
    guard let escape = own(task).pointee.escape else { return false }
    return escape.run(argument, errand)
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
