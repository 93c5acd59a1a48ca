/// The Swift subject: a VM under one update protocol, driven by requests.
///
/// The engine knows requests and effects, the operations know the kernel's steps; this is where they meet.
import CAtomics
import Machine
import SecureEPT

/// Shared by all tasks: what it points to is guarded by the protocol itself.
package struct ModelMMU: @unchecked Sendable {
  package let kvm: KvmPointer
  package let td: TrustDomainPointer
  package let protocolName: ProtocolName
  /// The protocol's code, beside its name so that an operation finds it without a look-up.
  private let entry: ProtocolEntry
  private let activity: Activity

  /// Builds the VM's fixed parts; `build` makes its roots.
  package static func create(
    _ machine: MachinePointer, protocolName: ProtocolName, mutant: Mutant?, policy: Policy, guestPages: UInt64
  ) -> ModelMMU {
    let td = TrustDomain.create(machine, policy: policy)
    let kvm = Kvm.create(machine, td: td, guestPages: guestPages, protocolName: protocolName, mutant: mutant)
    return ModelMMU(
      kvm: kvm, td: td, protocolName: protocolName, entry: protocolName.entry,
      activity: Activity(guestPages: guestPages))
  }

  package func destroy() {
    Kvm.destroy(kvm)
    TrustDomain.destroy(td)
    activity.deallocate()
  }

  /// KVM_CREATE_VM. No other task may run.
  package func build(_ task: TaskPointer) { kvm.pointee.build(task) }

  /// All that the subject changes but tables and tasks.
  package func register(in snapshot: Snapshot) {
    Kvm.register(kvm, in: snapshot)
    TrustDomain.register(td, in: snapshot)
    activity.register(in: snapshot)
  }

  /// Gives the next VM so many 4K pages of guest memory, at most what the subject was created for. Between two VMs.
  package func resize(guestPages: UInt64) { kvm.pointee.resize(guestPages: guestPages) }

  /// Tables on the list of possible NX huge pages. No task may run.
  package var possibleNxHugePages: Int {
    kvm.pointee.nxHugePages.count(kvm.pointee.machine.pointee.arenaView.headers)
  }

  /// TDH.MR.FINALIZE: from here on pages are added by PAGE.AUG and the guest may run.
  package func finalize() { td.pointee.isRunnable = true }

  /// The VM's end. No other task may run.
  package func tearDown(_ task: TaskPointer) { entry.tearDown(self, task) }

  /// Carries out one request on the calling task.
  package func perform(_ task: TaskPointer, _ request: Request) -> Effect { entry.perform(self, task, request) }

  /// The same where the protocol is known.
  func perform<Variant>(_ mmu: TdpMmu<Variant>, _ request: Request) -> Effect {
    let range = request.range
    let task = mmu.task
    switch request.operation {
    case .fault: return fault(mmu, range.lowerBound, wantsHuge: false, executes: false)
    case .fault2M: return fault(mmu, range.lowerBound, wantsHuge: true, executes: request.draw & 1 == 0)
    case .fastFault:
      let outcome = mmu.fastPageFault(range.lowerBound)
      let isAnswered = outcome == .done || outcome == .spurious
      return Effect(outcome, answered: isAnswered ? .init(gfn: range.lowerBound, bits: Spte.writable) : nil)
    case .zap:
      task.pointee.zapping = .privateMemory
      let count = during(Activity.zap, range) { mmu.zapPrivate(range) }
      return changed(mmu, count, unmapped: .init(range: range, isPrivate: true))
    case .unmap:
      task.pointee.zapping = .sharedMemory
      let count = during(Activity.zap, range) { mmu.unmapShared(range, mayBlock: request.draw & 1 == 0) }
      return changed(mmu, count, unmapped: .init(range: range, isPrivate: false))
    case .split, .splitExclusive:
      let shared = request.operation == .split
      return changed(mmu, during(Activity.split, range) { mmu.trySplitHugePages(range, shared: shared) })
    case .recover:
      var effect = changed(mmu, mmu.recoverHugePages(range))
      effect.merged = range
      return effect
    case .nxRecover:
      let (zapped, lost) = mmu.recoverNxHugePages(limit: 1 + Int(request.draw & 3))
      return zapped == 0 && lost > 0 ? Effect(.lost) : changed(mmu, zapped)
    case .wrprot: return protected(changed(mmu, mmu.wrprot(range)), range, Spte.writable)
    case .clearDirty: return protected(changed(mmu, mmu.clearDirty(range)), range, Spte.dirty)
    case .age:
      let (aged, lost) = mmu.age(range)
      return Effect(lost > 0 ? .lost : aged > 0 ? .done : .nothing)
    case .convert: return convert(mmu, request)
    case .invalidate:
      guard mmu.zapAllFast() else { return Effect(.nothing) }
      return changed(mmu, 1, unmapped: .init(range: 0..<kvm.pointee.guestPages, isPrivate: false))
    case .guest: return guest(mmu, request)
    case .splitMirror: return changed(mmu, during(Activity.split, range) { mmu.trySplitMirrorShared(range) })
    case .pruneMirror: return changed(mmu, during(Activity.zap, range) { mmu.pruneMirror(range.lowerBound) })
    case .plant: return Effect(mmu.plant(range.lowerBound) ? .done : .nothing)
    case .touch: return Effect(mmu.touch(range.lowerBound, writes: request.draw & 1 == 0))
    case .logDirty, .collectDirty: return Effect(.nothing)
    }
  }

  /// Faults until the gfn is mapped, as the vCPU that needs it does.
  private func fault<Variant>(
    _ mmu: TdpMmu<Variant>, _ gfn: Gfn, wantsHuge: Bool, executes: Bool
  ) -> Effect {
    let task = mmu.task
    var attempts = 0
    while true {
      let (result, fault) = mmu.pageFault(gfn, wantsHuge: wantsHuge, executes: executes)
      activity.note(task, gfn)
      if result != .retry {
        if attempts > 0 { task.endWaiting() }
        let outcome: Outcome = attempts > 0 ? .retried : result == .fixed ? .done : .spurious
        return Effect(
          outcome,
          mapped: .init(gfn: gfn, isPrivate: fault.isPrivate, huge: fault.goalLevel > 1, isNew: result == .fixed),
          answered: fault.isPrivate ? nil : .init(gfn: gfn, bits: executes ? Spte.executable : Spte.writable))
      }
      if attempts == 0 { task.beginWaiting(.faultRetry, gfn) }
      attempts += 1
      guard task.relax(UnsafeRawPointer(kvm)) else {
        task.endWaiting()
        return Effect(.stopped)
      }
    }
  }

  private func convert<Variant>(_ mmu: TdpMmu<Variant>, _ request: Request) -> Effect {
    let range = request.range
    let toPrivate = !kvm.pointee.attributes.isPrivate(mmu.task, range.lowerBound)
    let kind = Activity.zap + (kvm.pointee.policy.mapsHuge ? Activity.split : 0)
    mmu.task.pointee.zapping = toPrivate ? .sharedMemory : .privateMemory
    let count = during(kind, range) { mmu.convert(range, toPrivate: toPrivate) }
    mmu.task.pointee.zapping = .nothing
    var effect = fault(mmu, range.lowerBound, wantsHuge: false, executes: false)
    if effect.outcome != .stopped { effect.outcome = changed(mmu, count + 1).outcome }
    effect.unmapped = .init(range: range, isPrivate: !toPrivate)
    return effect
  }

  private func guest<Variant>(_ mmu: TdpMmu<Variant>, _ request: Request) -> Effect {
    let range = request.range
    let length = UInt64(range.count)
    var draws = SplitMix64(state: request.draw)
    let exit = td.runGuest(mmu.task, count: 4, zeroStep: request.draw & 15 == 0) { _ in
      range.lowerBound + draws.below(length)
    }
    switch exit {
    case .done: return Effect(.done)
    case .kicked: return Effect(.lost)
    case .violation(let gfn):
      var effect = fault(mmu, gfn, wantsHuge: false, executes: false)
      if effect.outcome == .spurious { effect.outcome = .done }
      return effect
    }
  }

  private func protected(_ effect: Effect, _ range: Range<Gfn>, _ bits: UInt64) -> Effect {
    guard effect.outcome != .stopped else { return effect }
    var effect = effect
    effect.protected = .init(range: range, bits: bits)
    return effect
  }

  private func during(_ kind: UInt64, _ range: Range<Gfn>, _ body: () -> Int) -> Int {
    activity.begin(kind, range)
    defer { activity.end(kind, range) }
    return body()
  }

  private func changed<Variant>(
    _ mmu: TdpMmu<Variant>, _ count: Int, unmapped: Effect.Unmapped? = nil
  ) -> Effect {
    let task = mmu.task
    let outcome: Outcome =
      task.isHalted
      ? .stopped
      : count == 0 ? .nothing : task.pointee.sawYield ? .yielded : task.pointee.sawRetry ? .retried : .done
    return Effect(outcome, unmapped: unmapped)
  }
}
