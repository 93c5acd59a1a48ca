/// Requests of an engine as calls into the kernel, and what they promise to the checkers.
import CAtomics
import CKernelABI
import Machine
import SecureEPT

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// Carries out one request on the calling task.
  package func perform(_ task: TaskPointer, _ request: Request) -> Effect {
    let own = own(task)
    own.pointee.progress.stands = false
    let effect = carryOut(own, task, request)
    if !task.isHalted { own.payBefore(.operation) }
    return effect
  }

  private func carryOut(_ own: KernelTaskPointer, _ task: TaskPointer, _ request: Request) -> Effect {
    let (kernel, ours) = (pointee.kernel, own.pointee.kernel)
    let range = request.range
    let (start, end) = (range.lowerBound, range.upperBound)
    if _slowPath(!isTd && request.operation.needsPrivateMemory) { return Effect(.nothing) }
    own.pointee.gfn = start
    own.pointee.changes = 0
    own.pointee.losses = 0
    own.pointee.zapsNext = .nothing
    own.pointee.isInKernel = true
    defer { own.pointee.isInKernel = false }
    // The kernel's conditions count themselves nowhere: each operation passes some.
    task.pointee.bugConditions &+= 1
    switch request.operation {
    case .fault:
      let prefetches = pointee.state.pointee.prefetches && request.draw & 0x70 == 0x30
      return fault(own, start, wantsHuge: false, executes: false, prefetches: prefetches)
    case .fault2M: return fault(own, start, wantsHuge: true, executes: request.draw & 1 == 0)
    case .fastFault: return fastFault(own, start)
    case .zap:
      own.pointee.zapsNext = .privateMemory
      return changed(own, unmapped: .init(range: range, isPrivate: true)) {
        during(Activity.zap, range) {
          _ = kernel.pointee.unmap_range(ours, start, end, UInt32(STRESS_FILTER_PRIVATE), true)
        }
      }
    case .unmap:
      own.pointee.zapsNext = .sharedMemory
      let mayBlock = request.draw & 1 == 0
      let begin = task.lastStamp
      let effect = changed(own, unmapped: .init(range: range, isPrivate: false)) {
        during(Activity.zap, range) {
          _ = kernel.pointee.unmap_range(ours, start, end, UInt32(STRESS_FILTER_SHARED), mayBlock)
        }
      }
      checkFlushed(own, range, since: begin)
      return effect
    case .split, .splitExclusive, .splitMirror:
      // Private memory is split as policy `huge` says, under the write lock.
      let isShared = request.operation == .split
      return changed(own) {
        during(Activity.split, range) { kernel.pointee.split(ours, start, end, 1, isShared) }
      }
    case .recover:
      var effect = changed(own) { kernel.pointee.recover_huge(ours, start, end) }
      if !recoversByZap { effect.merged = range }
      return effect
    case .nxRecover:
      // How many tables: one, half of them or all.
      let ratio: UInt32 = [1 << 20, 1 << 20, 2, 1][Int(request.draw & 3)]
      let effect = changed(own) { kernel.pointee.recover_nx(ours, ratio) }
      return effect.outcome == .nothing && own.pointee.losses > 0 ? Effect(.lost) : effect
    case .wrprot:
      return protected(changed(own) { _ = kernel.pointee.wrprot(ours, start, end, 1) }, range, Spte.writable)
    case .clearDirty: return protected(changed(own) { kernel.pointee.clear_dirty(ours, start, end) }, range, Spte.dirty)
    case .age: return age(own, range)
    case .convert: return convert(own, range)
    case .invalidate:
      let all = 0..<pointee.state.pointee.guestPages
      return changed(own, unmapped: .init(range: all, isPrivate: false)) { kernel.pointee.zap_all_fast(ours) }
    case .guest: return guest(own, request)
    case .touch: return touch(own, start, writes: request.draw & 1 == 0)
    case .logDirty: return logDirty(own, isOn: request.draw & 1 == 0)
    case .collectDirty: return changed(own) { _ = kernel.pointee.collect_dirty(ours, start, end) }
    case .plant: return plant(own, start)
    case .pruneMirror: return Effect(.nothing)
    }
  }

  // MARK: Faults

  /// Faults until the gfn is mapped, as the vCPU that needs it does.
  private func fault(
    _ own: KernelTaskPointer, _ gfn: Gfn, wantsHuge: Bool, executes: Bool, prefetches: Bool = false
  ) -> Effect {
    let task = own.pointee.task
    // KVM_RUN refuses a vCPU of a VM that is dead.
    if _slowPath(pointee.state.pointee.tdIsDead) && isBugged { return Effect(.stopped) }
    if !pointee.td.pointee.isRunnable && isPrivate(gfn) { return populate(own, gfn) }
    own.pointee.retries = 0
    while true {
      var fault = stress_fault()
      let result = attempt(own, gfn, &fault) {
        // A private page is as large as the policy and the region allow.
        $0.max_level = wantsHuge || (pointee.policy.mapsHuge && isPrivate(gfn)) ? 2 : 1
        // tdx_handle_ept_violation() takes each private fault for a write.
        $0.exec = executes && !(pointee.policy.mapsHuge && isPrivate(gfn))
        $0.prefetch = prefetches
        // What is populated in advance is so for a read.
        $0.write = !$0.exec && !prefetches
      }
      pointee.activity.note(task, gfn)
      if result == STRESS_FAULT_FIXED || result == STRESS_FAULT_SPURIOUS {
        own.endRetrying()
        let isNew = result == STRESS_FAULT_FIXED
        return Effect(
          own.pointee.retries > 0 ? .retried : isNew ? .done : .spurious,
          mapped: .init(gfn: gfn, isPrivate: fault.is_private, huge: fault.level > 1, isNew: isNew),
          answered: Self.answered(fault))
      }
      // KVM_REQ_VM_DEAD
      if isBugged {
        own.endRetrying()
        return Effect(.stopped)
      }
      // What is neither a retry nor a gfn that is being converted has been reported by whoever made it so.
      guard result == STRESS_FAULT_RETRY || result == -Int(Self.badAddress) else {
        own.endRetrying()
        return Effect(task.isHalted ? .stopped : .nothing)
      }
      // The guest's instruction is tried again: it faults as before.
      guard own.waitsToRetry() else {
        own.endRetrying()
        return Effect(.stopped)
      }
    }
  }

  private static var badAddress: Int32 { 14 }

  /// What a fault that is fixed or spurious has been given; private memory and prefetches ask for nothing.
  private static func answered(_ fault: stress_fault) -> Effect.Answered? {
    guard !fault.is_private, fault.write || fault.exec else { return nil }
    return .init(gfn: fault.gfn, bits: fault.exec ? Spte.executable : Spte.writable)
  }

  private func attempt(
    _ own: KernelTaskPointer, _ gfn: Gfn, _ fault: inout stress_fault, _ detail: (inout stress_fault) -> Void
  ) -> Int {
    let isPrivate = isPrivate(gfn)
    fault.gfn = gfn
    fault.is_private = isPrivate
    fault.pfn = isPrivate ? gfn : gfn &+ KernelVM.sharedPfnBase
    fault.map_writable = true
    detail(&fault)
    own.pointee.hasLookedUp = false
    return Int(pointee.kernel.pointee.fault(own.pointee.kernel, own.vcpu, &fault))
  }

  /// An initial page of the TD.
  private func populate(_ own: KernelTaskPointer, _ gfn: Gfn) -> Effect {
    // PAGE.ADD has no 2M pages: they stand for those that the guest has accepted before the race.
    if pointee.policy.mapsHuge, let effect = planted(own, gfn) { return effect }
    own.pointee.task.noteLookup()
    let result = pointee.kernel.pointee.populate(own.pointee.kernel, own.vcpu, gfn, gfn)
    return Effect(
      result == 0 ? .done : .spurious, mapped: .init(gfn: gfn, isPrivate: true, huge: false, isNew: result == 0))
  }

  /// A private 2M leaf that the tree's own tdx.c was not asked for, before the TD is finalized.
  /// - Returns: nil where a page table stands, or the tree cannot be asked.
  private func planted(_ own: KernelTaskPointer, _ gfn: Gfn) -> Effect? {
    own.pointee.task.noteLookup()
    let result = Int(pointee.kernel.pointee.plant(own.pointee.kernel, own.vcpu, Spte.round(gfn, 2)))
    guard result == STRESS_FAULT_FIXED || result == STRESS_FAULT_SPURIOUS else { return nil }
    let isNew = result == STRESS_FAULT_FIXED
    return Effect(
      isNew ? .done : .spurious, mapped: .init(gfn: gfn, isPrivate: true, huge: true, isNew: isNew))
  }

  private func plant(_ own: KernelTaskPointer, _ gfn: Gfn) -> Effect {
    guard !pointee.td.pointee.isRunnable, isPrivate(gfn) else { return Effect(.nothing) }
    return planted(own, gfn) ?? Effect(.nothing)
  }

  /// A write to a page that the processor found mapped and write-protected.
  private func fastFault(_ own: KernelTaskPointer, _ gfn: Gfn) -> Effect {
    // Private memory is never write-protected.
    if isPrivate(gfn) { return Effect(.nothing) }
    if _slowPath(pointee.state.pointee.tdIsDead) && isBugged { return Effect(.stopped) }
    var fault = stress_fault()
    let result = attempt(own, gfn, &fault) {
      $0.present = true
      $0.write = true
      $0.max_level = 1
    }
    if own.pointee.losses > 0 { own.pointee.task.count(.lockless) }
    guard result == STRESS_FAULT_FIXED || result == STRESS_FAULT_SPURIOUS else {
      return Effect(own.pointee.losses > 0 ? .lost : .nothing)
    }
    let isNew = result == STRESS_FAULT_FIXED
    // It was not mapped any more, or not writable: then it was a fault like any other.
    let mapped = Effect.Mapped(gfn: gfn, isPrivate: fault.is_private, huge: fault.level > 1, isNew: isNew)
    return Effect(
      isNew ? .done : .spurious, mapped: own.pointee.hasLookedUp ? mapped : nil, answered: Self.answered(fault))
  }

  // MARK: Others

  private func age(_ own: KernelTaskPointer, _ range: Range<Gfn>) -> Effect {
    let kernel = pointee.kernel
    let effect = changed(own) {
      _ = kernel.pointee.age(
        own.pointee.kernel, range.lowerBound, range.upperBound, UInt32(STRESS_FILTER_SHARED), false)
    }
    guard own.pointee.losses > 0 else { return protected(effect, range, Spte.accessed) }
    own.pointee.task.count(.lockless)
    return protected(Effect(.lost), range, Spte.accessed)
  }

  private func convert(_ own: KernelTaskPointer, _ range: Range<Gfn>) -> Effect {
    let task = own.pointee.task
    let toPrivate = !isPrivate(range.lowerBound)
    own.pointee.zapsNext = toPrivate ? .sharedMemory : .privateMemory
    let begin = task.lastStamp
    let converted = changed(own, unmapped: .init(range: range, isPrivate: !toPrivate)) {
      during(Activity.zap, range) {
        _ = pointee.kernel.pointee.convert(own.pointee.kernel, range.lowerBound, range.upperBound, toPrivate)
      }
    }
    task.pointee.zapping = .nothing
    if toPrivate { checkFlushed(own, range, since: begin) }
    var effect = fault(own, range.lowerBound, wantsHuge: false, executes: false)
    if effect.outcome != .stopped { effect.outcome = converted.outcome == .nothing ? .done : converted.outcome }
    effect.unmapped = converted.unmapped
    return effect
  }

  private func guest(_ own: KernelTaskPointer, _ request: Request) -> Effect {
    let range = request.range
    let length = UInt64(range.count)
    var draws = SplitMix64(state: request.draw)
    own.pointee.isInKernel = false
    let exit = pointee.td.runGuest(
      own.pointee.task, count: 4, zeroStep: request.draw & 15 == 0,
      staysOut: { pointee.kernel.pointee.waits_for_sept_zap(pointee.state.pointee.world) },
      next: { _ in range.lowerBound + draws.below(length) })
    own.pointee.isInKernel = true
    switch exit {
    case .done: return Effect(.done)
    case .kicked: return Effect(.lost)
    case .violation(let gfn):
      var effect = fault(own, gfn, wantsHuge: false, executes: false)
      if effect.outcome == .spurious { effect.outcome = .done }
      return effect
    }
  }

  @inline(__always) private func during(_ kind: UInt64, _ range: Range<Gfn>, _ body: () -> Void) {
    pointee.activity.begin(kind, range)
    body()
    pointee.activity.end(kind, range)
  }

  @inline(__always) private func changed(
    _ own: KernelTaskPointer, unmapped: Effect.Unmapped? = nil, _ body: () -> Void
  ) -> Effect {
    body()
    let task = own.pointee.task
    let outcome: Outcome =
      task.isHalted
      ? .stopped
      : own.pointee.changes == 0
        ? .nothing : task.pointee.sawYield ? .yielded : task.pointee.sawRetry ? .retried : .done
    return Effect(outcome, unmapped: unmapped)
  }
}
