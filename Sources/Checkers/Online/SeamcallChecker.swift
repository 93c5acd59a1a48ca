/// ORD-4 and TLB-1 at the SEAMCALL boundary: what the TDX module refuses, named by the rule that was about to be
/// broken.
///
/// Verified: every call's status. The module's emulation enforces the rules, so a breach shows as a refusal; the
/// guest's side of TLB-1, a translation that is used after its page is gone, is checked where the guest translates.
import Machine

extension UnsafeMutablePointer where Pointee == TaskState {
  @inline(__always) func seamcall(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    let call = event.pointee.seamcall
    // Under the write lock a table goes with its VM, and no change of an SPTE asks for it.
    if call.isExternalWrite || (call == .septRemove && pointee.lockMode == .read) { externalWrite(event, task) }
    pointee.count(call == .pageRemove || call == .pageDemote || call == .septRemove ? .tlb1 : .ord4)
    if _fastPath(event.pointee.status == .success) {
      if call == .accept || call == .pageAdd { noteAccepted(event, task) }
      return
    }
    switch event.pointee.status {
    case .walkFailed where call != .accept:
      report(
        .ord4, event, task, expected: "a present parent in the S-EPT",
        seen: "\(call.name) answered \(event.pointee.status.name)")
    case .childrenPresent:
      report(
        .ord4, event, task, expected: "a table leaves the S-EPT after its children",
        seen: "\(call.name) answered \(event.pointee.status.name)")
    case .trackingNotDone:
      report(
        .tlb1, event, task, expected: "TLB tracking between BLOCK and \(call.name)",
        seen: "\(call.name) answered \(event.pointee.status.name)")
    case .success, .operandBusy, .previousEpochBusy, .walkFailed, .entryStateIncorrect, .keyAssigned, .tdFatal,
      .rangeNotFree, .missingPair, .metadataIncorrect:
      break
    }
  }

  /// ACC-1 learns what the guest has put its trust in: pages that it accepted, and those that it was built with.
  @inline(never) private func noteAccepted(_ event: UnsafePointer<Event>, _ task: TaskPointer) {
    guard let suite = CheckerSuite.of(task) else { return }
    suite.pointee.ledger.accepted(
      event.pointee.gfn, level: Int(event.pointee.level),
      epoch: event.pointee.seamcall == .accept ? event.pointee.acceptEpoch : pointee.readEpoch)
  }
}
