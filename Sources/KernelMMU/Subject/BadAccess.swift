/// MEM-1: an access of kernel code that goes where it may not, in the words of a report.
import CKernelABI
import Machine

extension UnsafeMutablePointer where Pointee == KernelTask {
  func report(_ finding: stress_finding) {
    switch Int(finding.kind) {
    case STRESS_FINDING_LISTED: reportListed(finding)
    default: reportAccess(finding)
    }
    leaveIfOver()
    stop()
  }

  private func reportAccess(_ finding: stress_finding) {
    let address = UnsafeMutableRawPointer(bitPattern: UInt(finding.address))
    let vm = pointee.vm
    let target: String
    var (gfn, level, entry) = (pointee.gfn, 0, UInt32(0))
    if let text = finding.text {
      target = String(cString: text)
    } else if let address, let slot = vm.slot(of: address) {
      target = vm.describe(object: slot, address)
    } else if let address, let page = vm.page(of: address) {
      let header = vm.pointee.machine.pointee.arenaView.headers[Int(page)]
      entry = page &* UInt32(Spte.entriesPerTable) &+ UInt32(finding.address & 4095) >> 3
      (gfn, level) = (header.gfn, Int(header.level))
      target = vm.describe(page: page, address)
    } else {
      target = "memory that is not the kernel's"
    }
    let kind = finding.is_write ? "write" : "read"
    let isUnwritten = !finding.is_write && finding.bytes == 8 && vm.holdsUnwritten(address)
    let place = vm.place(at: finding.where).map { " at \($0)" } ?? ""
    pointee.task.violationAfterDrain(
      .mem1, gfn: gfn, level: level, entry: entry,
      expected: isUnwritten
        ? "memory that was not asked for zeroed is written before it is read"
        : "an access to memory that is allocated, and the kernel's",
      seen: "\(kind) of \(finding.bytes) bytes\(place): \(target)")
  }
}

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// What stands there was allocated and not written since.
  fileprivate func holdsUnwritten(_ address: UnsafeMutableRawPointer?) -> Bool {
    guard let address, page(of: address) != nil || slot(of: address) != nil else { return false }
    return address.loadUnaligned(as: UInt64.self) == STRESS_UNWRITTEN
  }

  /// The page of the arena that an address points into.
  fileprivate func page(of address: UnsafeMutableRawPointer) -> UInt32? {
    let base = UInt(bitPattern: pointee.machine.pointee.arena.base)
    let offset = UInt(bitPattern: address) &- base
    return offset < UInt(pointee.capacity * PageArena.pageSize) ? UInt32(offset / UInt(PageArena.pageSize)) : nil
  }

  fileprivate func describe(object slot: Int, _ address: UnsafeMutableRawPointer) -> String {
    let object = pointee.objects + slot * KernelVM.objectBytes
    let offset = address - object
    let own = pointee.slots[slot]
    guard slot < Int(pointee.pool.pointee.nextUnused) else {
      return "offset \(offset) of object #\(slot), never allocated"
    }
    let field = pointee.kernel.pointee.word_name(pointee.state.pointee.world, object, address)
    let isHeader = own.page != 0
    let name = isHeader ? name(ofHeader: slot) : "object #\(slot)"
    let known = field.map { String(cString: $0) } ?? ""
    let member = isHeader && !known.isEmpty && known != "struct kvm_mmu_page" ? " (\(known))" : ""
    let what = "offset \(offset)\(member) of \(name)"
    if own.isInUse && holdsUnwritten(address) { return "\(what), not written since it was allocated" }
    guard !own.isInUse else { return "\(what), which has \(own.size) bytes" }
    let retired = own.retired.code != 0 ? ", handed to call_rcu() by \(text(own.retired))" : ""
    return "\(what)\(retired), freed by \(text(own.freed))"
  }

  fileprivate func describe(page: UInt32, _ address: UnsafeMutableRawPointer?) -> String {
    let header = pointee.machine.pointee.arenaView.headers[Int(page)]
    let entry = (UInt(bitPattern: address) & 4095) >> 3
    if let address, header.state != .free, holdsUnwritten(address) {
      return "entry \(entry) of page #\(page)\(self.text(ofTable: page)), not written since it was allocated"
    }
    if header.state != .free { return "entry \(entry) of page #\(page), which is the TDX module's" }
    guard header.freedAt != 0 else { return "entry \(entry) of page #\(page), not allocated" }
    let deed = KernelVM.Deed(
      task: UInt32(header.freedBy), code: header.freedAt,
      stamp: UInt64(header.freedIn) << FiberScheduler.clockShift)
    return "entry \(entry) of page #\(page)\(self.text(ofTable: page)), freed by \(text(deed))"
  }

  func text(_ deed: KernelVM.Deed) -> String {
    let code = UnsafeRawPointer(pointee.kernel.pointee.base).map { $0 + Int(deed.code) }
    let function = place(at: code) ?? "an unknown place"
    // Time of threads is no step.
    let step = pointee.isThreaded ? "" : " in step \(deed.stamp >> FiberScheduler.clockShift)"
    return "thread \(deed.task)\(step) at \(function)"
  }

  /// File, line and function of a return address in the kernel's code.
  func place(at address: UnsafeRawPointer?) -> String? {
    guard let address else { return nil }
    let frame = pointee.symbols._withUnsafeGuaranteedRef { $0.function(at: UInt(bitPattern: address) &- 1) }
    return frame.map { "\($0.file):\($0.line), \($0.function)()" }
  }
}
