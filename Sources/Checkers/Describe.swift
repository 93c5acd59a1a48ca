/// SPTEs and S-EPT entries in words, for reports. Cold paths only.
import Machine

package func describeSpte(_ spte: UInt64, _ level: UInt8) -> String {
  if spte == Spte.nonpresent { return "NONPRESENT" }
  if spte == Spte.frozen { return "FROZEN" }
  if spte == Spte.poison { return "POISON" }
  guard Spte.isShadowPresent(spte) else { return spte.hex }
  if Spte.isNonLeaf(spte, Int(level)) { return "table #\(PageArena.page(pfn: Spte.pfn(spte)))" }
  let flags = [
    spte & Spte.writable != 0 ? "W" : "-", spte & Spte.accessed != 0 ? "A" : "-", spte & Spte.dirty != 0 ? "D" : "-",
  ].joined()
  return "leaf pfn \(Spte.pfn(spte).hex) \(flags)"
}

package func describeSept(_ entry: UInt64) -> String {
  let locked = SeptEntry.isLocked(entry) ? ", locked" : ""
  switch SeptEntry.state(entry) {
  case .free: return "free" + locked
  case .nonLeaf: return "table #\(PageArena.page(pfn: SeptEntry.pfn(entry)))" + locked
  case .nonLeafBlocked: return "blocked table #\(PageArena.page(pfn: SeptEntry.pfn(entry)))" + locked
  case .mapped, .pending, .blocked, .pendingBlocked:
    return "\(SeptEntry.state(entry)) pfn \(SeptEntry.pfn(entry).hex)" + locked
  }
}
