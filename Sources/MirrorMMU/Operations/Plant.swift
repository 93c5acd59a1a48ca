/// A harness's act before the race: a private 2M leaf in mirror and S-EPT, behind the protocol's back.
///
/// Policy `4k` cannot map one, but what the protocol would do with it is asked all the same. Nothing here is an event:
/// no checker sees the writes, no rule is broken by them, and the statistics are what they would be.
import CAtomics
import Machine
import SecureEPT

extension TdpMmu {
  /// Maps `gfn`'s 2M region where nothing of it is mapped. No other task may run.
  /// - Returns: false if something stands there, if the region is not private, or if the TD runs already.
  func plant(_ gfn: Gfn) -> Bool {
    let start = Spte.round(gfn, 2)
    let td = kvm.pointee.td
    guard !td.pointee.isRunnable, kvm.pointee.attributes.isAllPrivate(start) else { return false }
    task.rcuReadLock()
    defer { task.rcuReadUnlock() }
    var iter = TdpIter(task, root: kvm.pointee.mirrorRoot, minLevel: 2, from: start)
    while iter.valid && iter.level > 2 {
      if !Spte.isShadowPresent(iter.oldSpte) {
        let page = allocChild(iter)
        guard page != 0 else { return false }
        header(page).pointee.state = .linked
        task.pointee.tableStatistics += 1
        td.plantTable(task, iter.gfn, iter.level, page: header(page).pointee.externalPage)
        write(iter.sptep, makeNonleafSpte(page))
      }
      iter.next(task)
    }
    guard iter.valid, iter.level == 2, iter.gfn == start, !Spte.isShadowPresent(iter.oldSpte) else { return false }
    let spte = makeSpte(start, 2, isPrivate: true)
    td.plantPage(task, start, 2, pfn: Spte.pfn(spte))
    write(iter.sptep, spte)
    updatePageStatistics(2, 1)
    kvm.pointee.isPlanted = true
    return true
  }

  private func write(_ sptep: SptePointer, _ spte: UInt64) {
    raw_store64(sptep, spte)
    task.markWritten(sptep)
  }
}
