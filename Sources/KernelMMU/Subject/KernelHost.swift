/// What the kernel asks of its host, dealt to the machine: accesses become events, locks and RCU are the machine's.
import CAtomics
import CKernelABI
import Machine

enum KernelHost {
  static var table: stress_host {
    var host = stress_host()
    host.version = UInt32(STRESS_ABI_VERSION)
    host.bytes = UInt32(MemoryLayout<stress_host>.size)
    host.accessed = { raw, access, entry, old, value, _ in
      KernelTaskPointer.of(raw).accessed(access, entry.unsafelyUnwrapped, old, value)
    }
    host.looked_up = { raw in
      let own = KernelTaskPointer.of(raw)
      own.pointee.hasLookedUp = true
      own.pointee.task.noteLookup()
    }
    // The tree may have dropped mmu_lock before, to split what lies across an end of the range.
    host.zapped = { raw in
      let own = KernelTaskPointer.of(raw)
      own.pointee.task.pointee.zapping = own.pointee.zapsNext
    }
    host.lock = { raw, lock, mode, _ in KernelTaskPointer.of(raw).lock(lock.unsafelyUnwrapped, mode) }
    host.unlock = { raw, lock, mode, _ in KernelTaskPointer.of(raw).unlock(lock.unsafelyUnwrapped, mode) }
    host.yield_lock = { raw, _, _, entry, _ in
      let own = KernelTaskPointer.of(raw)
      own.payBefore(.lock)
      own.yields(at: entry?.assumingMemoryBound(to: UInt64.self))
      own.pointee.task.condReschedRwlock()
      own.leaveIfOver()
    }
    host.ask = { raw, question in
      let own = KernelTaskPointer.of(raw)
      switch Int(question) {
      case STRESS_ASK_RESCHED: return own.pointee.task.needResched()
      case STRESS_ASK_EVENTS: return own.hasEvents()
      default: return own.pointee.task.rwlockNeedbreak()
      }
    }
    host.rcu_read_lock = { raw in KernelTaskPointer.of(raw).pointee.task.rcuReadLock() }
    host.rcu_read_unlock = { raw in
      KernelTaskPointer.of(raw).payBefore(.readSection)
      KernelTaskPointer.of(raw).pointee.task.rcuReadUnlock()
    }
    host.walked = { raw, entry, isWrite in
      KernelTaskPointer.of(raw).walked(entry.unsafelyUnwrapped, isWrite: isWrite)
    }
    host.call_rcu = { raw, head, place in KernelTaskPointer.of(raw).deferTable(head.unsafelyUnwrapped, place) }
    host.rcu_barrier = { raw in KernelTaskPointer.of(raw).waitForCallbacks() }
    host.page_alloc = { raw, purpose in KernelTaskPointer.of(raw).takePage(purpose) }
    host.page_free = { raw, page, place in KernelTaskPointer.of(raw).freePage(page.unsafelyUnwrapped, place) }
    host.object_alloc = { raw, bytes in KernelTaskPointer.of(raw).takeObject(bytes) }
    host.object_free = { raw, object, place in
      KernelTaskPointer.of(raw).freeObject(object.unsafelyUnwrapped, place)
    }
    host.table_made = { raw, table in KernelTaskPointer.of(raw).tableMade(table.unsafelyUnwrapped.pointee) }
    host.seamcall = { raw, leaf, registers, _ in
      KernelTaskPointer.of(raw).seamcall(leaf, registers.unsafelyUnwrapped.pointee)
    }
    host.request = { raw, request in
      let own = KernelTaskPointer.of(raw)
      let waits = request & UInt32(STRESS_REQUEST_WAIT) != 0
      let isKick = request & UInt32(STRESS_REQUEST_MASK) == UInt32(STRESS_REQUEST_KICK)
      let flushes = request & UInt32(STRESS_REQUEST_MASK) == UInt32(STRESS_REQUEST_TLB_FLUSH)
      guard flushes else { return own.makeRequest(waits: waits, isKick: isKick) }
      own.flush(0..<own.pointee.vm.pointee.state.pointee.guestPages) { own.makeRequest(waits: waits, isKick: isKick) }
    }
    // kvm_make_all_cpus_request(kvm, KVM_REQ_TLB_FLUSH). Of shared memory no translation outlives its walk.
    host.flush_tlbs = { raw, gfn, pages in
      let own = KernelTaskPointer.of(raw)
      own.flush(gfn..<max(gfn, gfn &+ pages)) { own.makeRequest(waits: true, isKick: false) }
    }
    host.violation = { raw, violation in
      KernelTaskPointer.of(raw).report(violation.unsafelyUnwrapped.pointee)
    }
    host.finding = { raw, finding in KernelTaskPointer.of(raw).report(finding.unsafelyUnwrapped.pointee) }
    host.trace = { _, _, _, _, _, _ in }
    host.print = { _, _ in }
    return host
  }
}

// MARK: Requests

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// Whatever is asked for, vCPUs that are in guest mode get an IPI, be it in the TD or in a walk of shared memory, and
  /// with KVM_REQUEST_WAIT are waited for. What they do about the request they do before they enter again.
  fileprivate func makeRequest(waits: Bool, isKick: Bool) {
    let vm = pointee.vm
    // Who does not wait cannot rely on anything: that a walk ends sooner for it is no promise to anybody.
    if waits { vm.pointee.walkers.kick(pointee.task) }
    if isKick && waits {
      vm.pointee.td.kickAll(pointee.task)
    } else {
      vm.pointee.td.makeRequest(pointee.task, waits: waits)
    }
  }
}

// MARK: Locks

extension UnsafeMutablePointer where Pointee == KernelTask {
  fileprivate func lock(_ lock: UnsafeMutablePointer<stress_lock>, _ mode: UInt32) {
    let task = pointee.task
    // The shim has looked at what is held already.
    task.pointee.lockAssertions &+= 1
    switch Int(lock.pointee.kind) {
    case STRESS_LOCK_MMU: mode == STRESS_MODE_READ ? task.readLock() : task.writeLock()
    case STRESS_LOCK_PAGES: task.lockPages()
    default: task.lockWord(Self.word(lock))
    }
    // A wait that a halt has ended leaves without the lock.
    leaveIfOver()
  }

  fileprivate func unlock(_ lock: UnsafeMutablePointer<stress_lock>, _ mode: UInt32) {
    let task = pointee.task
    switch Int(lock.pointee.kind) {
    case STRESS_LOCK_MMU:
      if pointee.isBusy { tellWatchdog(false, 0) }
      payBefore(.lock)
      mode == STRESS_MODE_READ ? task.readUnlock() : task.writeUnlock()
    case STRESS_LOCK_PAGES: task.unlockPages()
    default: task.unlockWord(Self.word(lock))
    }
  }

  /// The words behind the lock's kind are the host's.
  @inline(__always) private static func word(_ lock: UnsafeMutablePointer<stress_lock>) -> UnsafeMutablePointer<UInt32>
  {
    (UnsafeMutableRawPointer(lock) + 4).assumingMemoryBound(to: UInt32.self)
  }
}

// MARK: RCU

extension UnsafeMutablePointer where Pointee == KernelTask {
  fileprivate func deferTable(_ head: UnsafeMutablePointer<stress_rcu_head>, _ where: UnsafeRawPointer?) {
    let vm = pointee.vm
    guard let slot = vm.slot(of: head), vm.pointee.slots[slot].isInUse, vm.pointee.slots[slot].page != 0 else {
      return report(memory: "call_rcu() with a callback of something that is no page table")
    }
    let page = vm.pointee.slots[slot].page
    vm.pointee.slots[slot].retired = deed(`where`)
    vm.pointee.callbacks[Int(page)] = head
    let header = vm.pointee.machine.pointee.arenaView.headers + Int(page)
    if header.pointee.parent == nil { vm.forgetRoot(page) }
    // The thread that has linked the table may not have come to say so.
    if header.pointee.state == .allocated && pointee.escape != nil { header.pointee.state = .linked }
    pointee.task.callRcu(page)
  }

  /// `rcu_barrier()`: waits for the readers that keep a callback from running, and for nobody else. Callbacks that are
  /// deferred while it waits may be waited for too, which a kernel may do as well.
  fileprivate func waitForCallbacks() {
    let (machine, task) = (pointee.vm.pointee.machine, pointee.task)
    while true {
      for id in 0..<machine.pointee.taskCount { machine.pointee.tasks[id].rcuPoll(force: true) }
      let isDone = (0..<machine.pointee.taskCount).allSatisfy { machine.pointee.tasks[$0].pointee.deferredCount == 0 }
      guard !isDone, task.relax(UnsafeRawPointer(self)) else { return }
    }
  }
}

/// `Machine.Release`: the kernel's callback frees the table and its header.
let releaseTable: Machine.Release = { raw, page in
  let task = raw.assumingMemoryBound(to: Task.self)
  guard let vm = task.pointee.machine.pointee.subject?.assumingMemoryBound(to: KernelVM.self),
    let head = vm.pointee.callbacks[Int(page)]
  else { return }
  vm.pointee.kernel.pointee.run_rcu(vm.own(task).pointee.kernel, head)
}

// MARK: Violations

extension UnsafeMutablePointer where Pointee == KernelTask {
  func report(_ violation: stress_violation) {
    if _slowPath(isExpected(violation)) { return }
    let (checker, expected): (CheckerID, String) =
      switch Int(violation.kind) {
      case STRESS_VIOLATION_LOCK: (.lck1, "the lock assertions of the kernel code hold")
      case STRESS_VIOLATION_RCU: (.rcu1, "what RCU guards is used in a read section")
      case STRESS_VIOLATION_MEMORY: (.rcu1, "a page or object is what the kernel takes it for")
      default: (.bug1, "the condition stays false")
      }
    func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
    let place = "\(text(violation.file)):\(violation.line), \(text(violation.function))()"
    pointee.task.violationAfterDrain(
      checker, gfn: pointee.gfn, level: 0, expected: expected, seen: "\(text(violation.text)) at \(place)")
    leaveIfOver()
    if Int(violation.kind) == STRESS_VIOLATION_BUG { stop() }
  }

  /// What an episode has asked for: silent lock assertions, or a TD whose death the kernel tells of.
  private func isExpected(_ violation: stress_violation) -> Bool {
    switch Int(violation.kind) {
    case STRESS_VIOLATION_LOCK: return !pointee.vm.assertsLocks
    case STRESS_VIOLATION_KVM_BUG: return pointee.vm.tdIsDead
    case STRESS_VIOLATION_WARN:
      // TDX_BUG_ON() warns before it marks the VM bugged.
      return pointee.vm.tdIsDead && violation.file.map { String(cString: $0).hasSuffix("/tdx.c") } ?? false
    default: return false
    }
  }

  func report(memory text: String) {
    pointee.task.violationAfterDrain(
      .rcu1, gfn: pointee.gfn, level: 0, expected: "a page or object is what the kernel takes it for", seen: text)
    leaveIfOver()
  }

  /// The kernel cannot go on: does not return.
  func stop() {
    // The run is halted: the scheduler does not come back to this fiber.
    while true {
      leave()
      cpu_relax(pointee.task.point, nil)
    }
  }
}
