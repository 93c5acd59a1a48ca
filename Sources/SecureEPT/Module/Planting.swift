/// A harness's hand in the S-EPT: entries that no SEAMCALL made, for states that a policy cannot reach by itself.
import CAtomics
import Machine

extension UnsafeMutablePointer where Pointee == TrustDomain {
  /// Links the S-EPT table `page` into the entry of `level` for `gfn`. No task may run; the parent must be there.
  package func plantTable(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, page: UInt32) {
    plant(task, gfn, level, SeptEntry.make(.nonLeaf, pfn: PageArena.pfn(page)))
  }

  /// Maps a page that the guest has accepted. No task may run; the parent must be there.
  package func plantPage(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, pfn: UInt64) {
    plant(task, gfn, level, SeptEntry.make(.mapped, pfn: pfn))
  }

  private func plant(_ task: TaskPointer, _ gfn: Gfn, _ level: Int, _ entry: UInt64) {
    guard let address = walk(gfn, to: level) else { return }
    raw_store64(address, entry)
    task.markWritten(address)
  }
}
