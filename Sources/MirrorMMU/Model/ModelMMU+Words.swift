/// What the words are called that tasks share besides page tables: for traces.
import Machine

extension ModelMMU {
  /// The kernel's name of the word at an address; nil for page tables, locks and all that is not the subject's own.
  package func name(of address: UnsafeRawPointer) -> String? {
    func holds<Word>(_ words: UnsafeMutablePointer<Word>, _ count: Int) -> Bool {
      let offset = UInt(bitPattern: address) &- UInt(bitPattern: words)
      return offset < UInt(count * MemoryLayout<Word>.stride)
    }
    let attributes = kvm.pointee.attributes
    let roots = kvm.pointee.roots
    if holds(kvm.pointee.invalidation.sequenceWord, 1) { return "mmu_invalidate_seq" }
    if holds(attributes.bits, attributes.words) { return "mem_attr_array" }
    if holds(roots.references, Roots.slots) { return "tdp_mmu_root_count" }
    if holds(roots.pages, Roots.slots) || holds(roots.current, 1) { return "tdp_mmu_roots" }
    if holds(attributes.lpageDisallowed, attributes.regions) { return "lpage_info" }
    if holds(td.pointee.septLock, 1) { return "sept_lock" }
    if td.isMode(address) { return "vcpu->mode" }
    return nil
  }
}
