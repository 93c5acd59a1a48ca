/// Code that could not go on in a world: a finding where it is a kernel's, a fault of the harness where it is the
/// model's.
import KernelMMU
import Machine

extension FiberWorld {
  /// Has the kernel, if one is the subject, left where it faults or loops.
  func watchKernel() {
    guard case .kernel(let vm) = vm, let kernel = subject.kernel else { return }
    scheduler.pointee.stranded = KernelVMPointer.stranded
    scheduler.watch(kernel.code)
    vm.watch(kernel.code)
  }

  /// How long kernel code may run without a schedule point, in nanoseconds of the processor's time.
  /// - Parameter limit: at most that; nil for what the subject has.
  package func limitHangs(to limit: UInt64?) {
    guard case .kernel(let vm) = vm, var code = subject.kernel?.code else { return }
    if let limit { code.hangLimit = min(code.hangLimit, limit) }
    scheduler.watch(code)
    vm.watch(code)
  }

  func report(_ fault: CodeFault, _ task: TaskPointer) {
    if case .kernel(let vm) = vm, let kernel = subject.kernel { return vm.report(fault, of: task, kernel.loaded) }
    let operation = task.pointee.currentOperation.name
    machine.pointee.reports.add(
      harnessFault:
        "the fiber of thread \(task.pointee.id) has used up its stack of \(FiberScheduler.stackKiB) KiB in \(operation)"
    )
    machine.pointee.halt()
  }
}
