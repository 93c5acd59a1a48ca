/// A protocol as a contributor would add it, one file: under the shared lock too it writes first and propagates
/// afterwards, which is the order that the exclusive lock has.
import Machine
import MirrorMMU
import SecureEPT

enum WriteFirst: UpdateProtocol {
  static let name = "write-first"
  static let summary = "write, then propagate, and take it back if that fails: never frozen"

  static func setSpteAtomic(_ mmu: TdpMmu<Self>, _ iter: inout TdpIter, _ newSpte: UInt64) -> Int32 {
    guard mmu.isMirror(iter.sptep) else { return mmu.setDirectSpteAtomic(&iter, newSpte) }
    let change = SpteChange(iter, newSpte, isMirror: true)
    guard mmu.cmpxchgSpte(&iter, newSpte) else { return Errno.busy }
    let result = handleChangedSpte(mmu, change)
    if result != 0 { mmu.task.writeSpte(iter.sptep, change.old) }
    return result
  }

  static func handleChangedSpte(_ mmu: TdpMmu<Self>, _ change: SpteChange) -> Int32 {
    guard mmu.checkChange(change) else { return 0 }
    if mmu.removesTable(change) {
      mmu.handleRemovedPt(change)
    } else if change.isMirror {
      let result = mmu.setExternalSpte(change)
      if result != 0 { return result }
    }
    mmu.account(change)
    return 0
  }
}

extension Mutant {
  /// A mutant as a contributor would add it: success and failure are taken for each other.
  static let answerIgnored = Mutant(
    "answer-ignored", "the new value is written whatever the external table answered", caughtBy: [.ord3],
    scenario: "busy",
    breaks: .step { mmu, iter, newSpte in
      let change = SpteChange(iter, newSpte, isMirror: true)
      guard mmu.cmpxchgSpte(&iter, Spte.frozen) else { return Errno.busy }
      _ = Mainline.handleChangedSpte(mmu, change)
      return mmu.thaw(change, iter.sptep, 0)
    })
}
