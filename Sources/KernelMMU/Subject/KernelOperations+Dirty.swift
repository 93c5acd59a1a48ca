/// What has to do with A and D bits: the processor that sets them, and logging that follows them.
import CAtomics
import CKernelABI
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// A vCPU in the guest accesses shared memory: its processor walks the tables of the root that it has loaded.
  func touch(_ own: KernelTaskPointer, _ gfn: Gfn, writes: Bool) -> Effect {
    let (kernel, task) = (pointee.kernel, own.pointee.task)
    var result = Int(STRESS_TOUCH_FAULT)
    while !task.isHalted {
      _ = kernel.pointee.reload(own.pointee.kernel, own.vcpu)
      schedule_point_pass(task.point, UInt32(SCHEDULE_FENCE.rawValue), nil)
      pointee.walkers.enter(task)
      // vcpu_enter_guest() looks again once it counts as inside: who asks for the root from now on waits for the walk.
      let isAsked = kernel.pointee.must_reload(pointee.state.pointee.world, own.vcpu)
      if !isAsked {
        result = Int(kernel.pointee.touch(own.pointee.kernel, own.vcpu, gfn, writes))
        if result != Int(STRESS_TOUCH_FAULT) { use(own, gfn) }
      }
      pointee.walkers.leave(task)
      if !isAsked { break }
    }
    if task.isHalted { return Effect(.stopped) }
    switch result {
    case Int(STRESS_TOUCH_SET): return Effect(own.pointee.losses > 0 ? .retried : .done)
    case Int(STRESS_TOUCH_KEPT): return Effect(.spurious)
    default: return Effect(.nothing)
    }
  }

  /// The access itself, by what the walk has found.
  private func use(_ own: KernelTaskPointer, _ gfn: Gfn) {
    // Each unmap that returns from here on is held against it.
    own.pointee.task.pointee.translations &+= 1
    pointee.walkers.use(own.pointee.task, gfn)
    schedule_point_pass(own.pointee.task.point, UInt32(SCHEDULE_FENCE.rawValue), nil)
  }

  /// TLB-1 for shared memory: an unmap that began at `begin` has returned, so no processor uses its pages any more.
  func checkFlushed(_ own: KernelTaskPointer, _ range: Range<Gfn>, since begin: UInt64) {
    let task = own.pointee.task
    guard !task.isHalted, let gfn = pointee.walkers.translation(of: range, before: begin) else { return }
    task.violationAfterDrain(
      .tlb1, gfn: gfn, level: 1, expected: "no processor uses a page whose unmap has returned",
      seen: "a vCPU uses a translation from before the unmap began")
  }

  /// KVM_SET_USER_MEMORY_REGION with another KVM_MEM_LOG_DIRTY_PAGES.
  func logDirty(_ own: KernelTaskPointer, isOn: Bool) -> Effect {
    let task = own.pointee.task
    if isOn { noteTracked(false) }
    guard pointee.kernel.pointee.log_dirty(own.pointee.kernel, isOn) else { return Effect(.nothing) }
    guard !task.isHalted else { return Effect(.stopped) }
    let all = 0..<pointee.state.pointee.guestPages
    let outcome: Outcome = task.pointee.sawYield ? .yielded : task.pointee.sawRetry ? .retried : .done
    return Effect(
      outcome, merged: isOn || recoversByZap ? nil : all, protected: isOn ? .init(range: all, bits: Spte.writable) : nil
    )
  }

  func protected(_ effect: Effect, _ range: Range<Gfn>, _ bits: UInt64) -> Effect {
    guard effect.outcome != .stopped else { return effect }
    var effect = effect
    effect.protected = .init(range: range, bits: bits)
    return effect
  }
}
