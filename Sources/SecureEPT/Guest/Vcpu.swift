/// The guest's side: a vCPU that enters the TD, translates, accepts pending pages, and is kicked out.
///
/// A vCPU holds translations across its stay in the guest and beyond, until the TD epoch it enters with has changed.
/// Using one after its page was removed is TLB-1.
import CAtomics
import Machine

package struct Vcpu: BitwiseCopyable {
  static let capacity = 8
  var gfns: InlineArray<8, Gfn> = .init(repeating: 0)
  var pfns: InlineArray<8, UInt64> = .init(repeating: 0)
  var count = 0
  /// TD epoch of the last entry: a different one flushes the TLB.
  var tlbEpoch: UInt64 = 0
}

package enum GuestExit: Sendable {
  /// All accesses were made.
  case done
  /// KVM wants the vCPU outside, or the module was busy.
  case kicked
  /// An EPT violation: nothing maps this gfn.
  case violation(Gfn)
}

extension UnsafeMutablePointer where Pointee == TrustDomain {
  @inline(__always) private func guestWord(_ task: TaskPointer) -> UnsafeMutablePointer<UInt64> {
    pointee.inGuest + task.pointee.id >> 6
  }

  @inline(__always) private func guestBit(_ task: TaskPointer) -> UInt64 { 1 << UInt64(task.pointee.id & 63) }

  /// Runs the guest with `TdxGlue` as KVM's side.
  package func runGuest(_ task: TaskPointer, count: Int, zeroStep: Bool, next: (TaskPointer) -> Gfn) -> GuestExit {
    runGuest(
      task, count: count, zeroStep: zeroStep,
      staysOut: {
        task.noteRead(pointee.waitForSeptZap)
        return raw_load32(pointee.waitForSeptZap) != 0
      }, next: next)
  }

  /// Runs the guest: enter, touch `count` gfns that `next` draws, leave.
  /// - Parameter zeroStep: the module suspects single-stepping and takes the tree lock exclusively on the way in.
  /// - Parameter staysOut: KVM's side keeps vCPUs outside, `kvm_tdx->wait_for_sept_zap`.
  package func runGuest(
    _ task: TaskPointer, count: Int, zeroStep: Bool, staysOut: () -> Bool, next: (TaskPointer) -> Gfn
  ) -> GuestExit {
    // vcpu->mode = IN_GUEST_MODE, a step of its own: a kick that comes before it does not wait for this vCPU, which
    // may enter as soon as that kick is over. The looks at requests and at wait_for_sept_zap, which follow in
    // vcpu_enter_guest() and tdx_vcpu_run(), need none: what others do between them and this step does the same right
    // before this step or right before TDH.VP.ENTER.
    let mode = mode(task.pointee.id)
    schedule_point_pass(task.point, UInt32(SCHEDULE_STORE.rawValue), mode)
    raw_store32(mode, raw_load32(mode) &+ 1)
    task.noteWrite(guestWord(task))
    raw_fetch_or64(guestWord(task), guestBit(task))
    defer {
      task.noteWrite(guestWord(task))
      task.noteWrite(mode)
      raw_fetch_and64(guestWord(task), ~guestBit(task))
      raw_store32(mode, raw_load32(mode) &+ 1)
      task.wake(mode)
    }
    guard !staysOut(), !isKicked(task), enter(task, zeroStep: zeroStep) else {
      return .kicked
    }
    defer { task.publish(.guestEpoch, 0) }
    for _ in 0..<count {
      schedule_point_pass(task.point, UInt32(SCHEDULE_LOAD.rawValue), nil)
      // Walks and fills of the TLB: as each step of the module, about the TD.
      task.noteModule()
      if isKicked(task) { return .kicked }
      let gfn = next(task)
      guard translate(task, gfn) else { return .violation(gfn) }
    }
    return .done
  }

  /// TDH.VP.ENTER.
  private func enter(_ task: TaskPointer, zeroStep: Bool) -> Bool {
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
    if zeroStep {
      guard tryLockTreeExclusive(task) else { return false }
      schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), nil)
      unlockTreeExclusive()
    }
    guard raw_fetch_add32(pointee.epochLock, 1) & (1 << 31) == 0 else {
      raw_fetch_add32(pointee.epochLock, ~0)
      task.count(.entryLockBusy)
      return false
    }
    let epoch = raw_load64(pointee.epoch)
    task.publish(.guestEpoch, epoch)
    raw_fetch_add32(pointee.epochLock, ~0)
    let vcpu = pointee.vcpus + task.pointee.id
    if vcpu.pointee.tlbEpoch != epoch {
      vcpu.pointee.count = 0
      vcpu.pointee.tlbEpoch = epoch
    }
    return true
  }

  /// One access of the guest.
  /// - Returns: false on an EPT violation.
  private func translate(_ task: TaskPointer, _ gfn: Gfn) -> Bool {
    let vcpu = pointee.vcpus + task.pointee.id
    for slot in 0..<vcpu.pointee.count where vcpu.pointee.gfns[slot] == gfn {
      checkTlb(task, gfn, pfn: vcpu.pointee.pfns[slot])
      return true
    }
    guard let (_, entry, level) = leaf(gfn) else { return false }
    switch SeptEntry.state(entry) {
    case .mapped: break
    case .pending:
      guard accept(task, gfn, level) else { return true }
    case .free, .nonLeaf, .nonLeafBlocked, .blocked, .pendingBlocked: return false
    }
    // The entry is read again by the hardware that fills the TLB; what was seen above may be gone.
    guard let (_, now, nowLevel) = leaf(gfn), SeptEntry.state(now) == .mapped else { return true }
    let slot = vcpu.pointee.count < Vcpu.capacity ? vcpu.pointee.count : Int(gfn % UInt64(Vcpu.capacity))
    vcpu.pointee.gfns[slot] = gfn
    vcpu.pointee.pfns[slot] = SeptEntry.pfn(now) &+ (gfn & (Spte.pages(nowLevel) - 1))
    if vcpu.pointee.count < Vcpu.capacity { vcpu.pointee.count += 1 }
    return true
  }

  /// TDG.MEM.PAGE.ACCEPT at the level at which the page is mapped.
  /// - Returns: false if the module was busy or the page is gone.
  private func accept(_ task: TaskPointer, _ gfn: Gfn, _ level: Int) -> Bool {
    guard tryLockTreeShared(task) else { return false }
    defer { unlockTreeShared(task) }
    guard let address = walk(gfn, to: level) else { return false }
    var entry: UInt64 = 0
    guard tryLockEntry(task, address, &entry) else { return false }
    schedule_point_pass(task.point, UInt32(SCHEDULE_SEAMCALL.rawValue), address)
    let pending = SeptEntry.state(entry) == .pending
    raw_store64(address, pending ? SeptEntry.with(entry, state: .mapped) : entry)
    let status = pending ? TdxStatus.success : .entryStateIncorrect
    // Read while the tree lock keeps RANGE.BLOCK out: a zap that takes this page away ends in a later write section.
    let epoch = pointee.machine.pointee.mmuLock.pointee.epoch
    task.emit(
      .seamcall, gfn: Spte.round(gfn, level), old: UInt64(status.rawValue) | epoch << 8, new: SeptEntry.pfn(entry),
      level: level, root: .external, flags: Seamcall.accept.rawValue)
    return pending
  }

  /// TLB-1: the translation that the vCPU just used must still be in the S-EPT, blocked at most.
  private func checkTlb(_ task: TaskPointer, _ gfn: Gfn, pfn: UInt64) {
    if let (_, entry, level) = leaf(gfn), SeptEntry.pfn(entry) &+ (gfn & (Spte.pages(level) - 1)) == pfn { return }
    task.violationAfterDrain(
      .tlb1, gfn: gfn, level: 1, expected: "the translation in the TLB is in the S-EPT",
      seen: "a vCPU used pfn \(pfn.hex) after its page was removed")
  }

  /// Whether a word is some vCPU's `vcpu->mode`: for traces.
  package func isMode(_ address: UnsafeRawPointer) -> Bool {
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: pointee.modes)
    return offset < UInt(pointee.machine.pointee.taskCount * TrustDomain.modeStride * MemoryLayout<UInt32>.stride)
  }

  private func mode(_ id: Int) -> UnsafeMutablePointer<UInt32> { pointee.modes + id * TrustDomain.modeStride }

  /// True if the vCPU has to leave: somebody has asked for it since it came in.
  private func isKicked(_ task: TaskPointer) -> Bool {
    let mode = mode(task.pointee.id)
    task.noteRead(mode)
    return raw_load32(mode + 1) == raw_load32(mode) || task.isHalted
  }

  /// `kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE)`: returns once every vCPU that was in the guest has
  /// left it.
  package func kickAll(_ task: TaskPointer) {
    raw_fetch_add64(pointee.kickCount, 1)
    makeRequest(task, waits: true)
  }

  /// What every request does to the vCPUs that are in guest mode when it is made: an IPI, which is acknowledged when
  /// the vCPU is outside. It may be inside again by the time that this returns: nothing keeps it out, and whoever
  /// relies on that is wrong in the kernel too.
  ///
  /// No step comes between the call before and the look at the modes. Nothing is lost: a vCPU that enters in between
  /// could have set its mode right before that call, or could set it right after this one.
  /// - Parameter waits: KVM_REQUEST_WAIT.
  package func makeRequest(_ task: TaskPointer, waits: Bool) {
    raw_fence()
    for word in 0...((pointee.machine.pointee.taskCount - 1) >> 6) {
      var bits = raw_load64(pointee.inGuest + word)
      task.noteRead(pointee.inGuest + word)
      while bits != 0 {
        let id = word << 6 + bits.trailingZeroBitCount
        bits &= bits &- 1
        let mode = mode(id)
        task.noteWrite(mode)
        let turn = raw_load32(mode)
        guard id != task.pointee.id, turn & 1 != 0 else { continue }
        task.count(.guestKicked)
        raw_store32(mode + 1, turn)
        guard waits else { continue }
        task.beginWaiting(.guestExit, UInt64(id))
        while raw_load32(mode) == turn {
          // Again and again: a thread that asks late, for a turn that is over, may have overwritten it.
          raw_store32(mode + 1, turn)
          if !task.sleep(on: UnsafeRawPointer(mode)) { break }
        }
        task.endWaiting()
      }
    }
  }
}
