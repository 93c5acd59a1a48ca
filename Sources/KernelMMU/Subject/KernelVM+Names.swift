/// What addresses are called: for traces.
import CKernelABI
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// The kernel's name of the word at an address; nil for page tables, locks and all that has none.
  package func name(of address: UnsafeRawPointer) -> String? {
    let raw = UnsafeMutableRawPointer(mutating: address)
    let object = slot(of: raw).map { UnsafeRawPointer(pointee.objects + $0 * KernelVM.objectBytes) }
    return pointee.kernel.pointee.word_name(pointee.state.pointee.world, object, address).map { String(cString: $0) }
  }

  /// Where in the kernel's code a task stands at its schedule point; nil if it is not in there.
  package func place(of task: TaskPointer) -> UnsafeRawPointer? {
    guard own(task).pointee.isInKernel, let kernel = own(task).pointee.kernel else { return nil }
    return pointee.kernel.pointee.caller(kernel)
  }
}
