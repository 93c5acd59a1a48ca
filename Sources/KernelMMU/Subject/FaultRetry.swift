/// When a fault is tried again: the kernel asks whether its vCPU has to leave instead, and meanwhile waits.
import CKernelABI
import Machine

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// kvm_vcpu_has_events(), which tdx_handle_ept_violation() asks before it tries again. A root that has become
  /// obsolete is replaced on the way back into the guest alone: sooner or later an interrupt takes the vCPU there.
  func hasEvents() -> Bool {
    if !pointee.vm.pointee.state.pointee.lacksInterrupts && mustReload { return true }
    return !waitsToRetry()
  }

  /// Waits until another task has written, as the next attempt would see what the last one saw.
  /// - Returns: false if the run is over.
  func waitsToRetry() -> Bool {
    // The kernel looks for KVM_REQ_VM_DEAD next.
    if pointee.vm.isBugged { return true }
    let task = pointee.task
    pointee.vm.pointee.activity.note(task, pointee.gfn)
    if pointee.hasLookedUp && task.pointee.lookupEpoch != task.pointee.lastReadEpoch { task.count(.staleFault) }
    if pointee.retries == 0 { task.beginWaiting(.faultRetry, pointee.gfn) }
    pointee.retries += 1
    pointee.hasLookedUp = false
    // The next attempt begins with a new root.
    if mustReload && !pointee.vm.pointee.state.pointee.lacksInterrupts { return !task.isHalted }
    pointee.isInKernel = false
    let goesOn = task.relax(UnsafeRawPointer(pointee.vm))
    pointee.isInKernel = true
    return goesOn
  }

  func endRetrying() {
    if pointee.retries > 0 { pointee.task.endWaiting() }
  }

  private var mustReload: Bool {
    let vm = pointee.vm.pointee
    return vm.kernel.pointee.must_reload(vm.state.pointee.world, vcpu)
  }
}
