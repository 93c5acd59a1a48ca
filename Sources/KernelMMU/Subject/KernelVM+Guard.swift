/// Kernel code while nobody races: on a stack that can be left.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// Weight of the points that a VM's making or unmaking may pass: far more than any takes.
  private static var pointLimit: Int64 { 50_000_000 }

  /// Runs `errand` for the harness. All tasks stand still.
  package func guarded(_ argument: UnsafeMutableRawPointer, _ errand: @escaping Escape.Errand) {
    let machine = pointee.machine
    for id in 0..<machine.pointee.taskCount { machine.pointee.tasks[id].pointee.point.countdown = Self.pointLimit }
    _ = pointee.escape.run(argument, errand)
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
