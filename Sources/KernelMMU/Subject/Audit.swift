/// LST-1: a kernel's lists, page tables and references, looked at while nobody runs.
import CKernelABI
import Machine

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// The kernel side looks at all of it; what it finds is told here.
  package func audit(_ task: TaskPointer) {
    task.pointee.audits &+= 1
    var audit = stress_audit()
    guard !pointee.kernel.pointee.audit(pointee.state.pointee.world, pointee.marks, &audit) else { return }
    func text<Characters>(_ characters: Characters) -> String {
      withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    let slot = audit.object.flatMap { self.slot(of: UnsafeMutableRawPointer(mutating: $0)) }
    let header = slot.map { pointee.machine.pointee.arenaView.headers[Int(pointee.slots[$0].page)] }
    task.violation(
      .lst1, gfn: header?.gfn ?? 0, level: Int(header?.level ?? 0), expected: text(audit.expected),
      seen: text(audit.seen) + (slot.map { ": \(name(ofHeader: $0))" } ?? ""))
  }

  /// The VM is gone, and its callbacks have run.
  package func auditTornDown(_ task: TaskPointer) {
    task.pointee.audits &+= 1
    let count = (1..<max(Int(pointee.pool.pointee.nextUnused), 1)).filter { pointee.slots[$0].isInUse }.count
    if count > 0 {
      task.violation(
        .lst1, gfn: 0, level: 0, expected: "no object outlives the VM", seen: "\(count) objects leaked")
    }
  }

  func name(ofHeader slot: Int) -> String {
    let page = pointee.slots[slot].page
    return "struct kvm_mmu_page #\(slot)\(page == 0 ? "" : " of table #\(page)\(text(ofTable: page))")"
  }

  /// What a table maps, or has mapped, in brackets.
  func text(ofTable page: UInt32) -> String {
    let header = pointee.machine.pointee.arenaView.headers[Int(page)]
    return header.level == 0
      ? "" : " (\(header.kind) table of gfn \(header.gfn.hex), level \(header.level))"
  }
}

extension UnsafeMutablePointer where Pointee == KernelTask {
  /// A header is freed while it is on a list.
  func reportListed(_ finding: stress_finding) {
    guard let object = UnsafeMutableRawPointer(bitPattern: UInt(finding.address)),
      let slot = pointee.vm.slot(of: object)
    else { return }
    let vm = pointee.vm
    let header = vm.pointee.machine.pointee.arenaView.headers[Int(vm.pointee.slots[slot].page)]
    let place = vm.place(at: finding.where).map { ", freed at \($0)" } ?? ""
    let retired = vm.pointee.slots[slot].retired
    let deferred = retired.code == 0 ? "" : ", handed to call_rcu() by \(vm.text(retired))"
    pointee.task.violationAfterDrain(
      .lst1, gfn: header.gfn, level: Int(header.level), expected: "what is freed is on no list",
      seen: "\(vm.name(ofHeader: slot)) is on \(finding.text.map { String(cString: $0) } ?? "one")\(deferred)\(place)")
  }
}
