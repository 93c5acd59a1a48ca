/// The direct roots, `kvm->arch.tdp_mmu_roots` less the mirror root, with their reference counts.
///
/// A slot holds a root's page from its making until its last reference is put. The list is read under mmu_lock or RCU
/// and written under `tdp_mmu_pages_lock`; a root's page outlives its slot by a grace period.
import CAtomics
import Machine

package struct Roots: BitwiseCopyable {
  package static let slots = 16
  let pages: UnsafeMutablePointer<UInt64>
  let references: UnsafeMutablePointer<UInt64>
  /// Slot of the valid root plus one; 0 while there is none. Cleared under mmu_lock held for write.
  let current: UnsafeMutablePointer<UInt64>

  init() {
    func words(_ count: Int) -> UnsafeMutablePointer<UInt64> {
      let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
      memory.initialize(repeating: 0, count: count)
      return memory
    }
    pages = words(Self.slots)
    references = words(Self.slots)
    current = words(1)
  }

  func deallocate() {
    pages.deallocate()
    references.deallocate()
    current.deallocate()
  }

  func register(in snapshot: Snapshot) {
    snapshot.add(pages, count: Self.slots)
    snapshot.add(references, count: Self.slots)
    snapshot.add(current)
  }

  func reset() {
    pages.update(repeating: 0, count: Self.slots)
    references.update(repeating: 0, count: Self.slots)
    current.pointee = 0
  }

  /// The slots' words, for checkers that look at all roots.
  package var words: UnsafeBufferPointer<UInt64> { UnsafeBufferPointer(start: pages, count: Self.slots) }

  /// The page in a slot, 0 if it is empty.
  @inline(__always) package func page(_ slot: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: raw_load64(pages + slot))
  }

  /// The valid root's slot as a task reads it without mmu_lock.
  @inline(__always) func currentSlot(_ task: TaskPointer) -> Int? {
    let word = read_once64(task.point, current)
    return word == 0 ? nil : Int(word) - 1
  }

  /// The page in a slot as a task reads it without mmu_lock.
  @inline(__always) func page(_ slot: Int, _ task: TaskPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: read_once64(task.point, pages + slot))
  }

  /// The valid root's slot, nil if there is none.
  @inline(__always) package var currentSlot: Int? {
    let word = raw_load64(current)
    return word == 0 ? nil : Int(word) - 1
  }
}

extension TdpMmu {
  @inline(__always) var roots: Roots { kvm.pointee.roots }

  /// `kvm_tdp_mmu_alloc_root()`: makes the valid direct root if there is none.
  func allocRoot() {
    task.readLock()
    task.lockPages()
    if roots.currentSlot == nil, let slot = (0..<Roots.slots).first(where: { roots.page($0) == 0 }) {
      let page = task.allocateTable(kind: .direct, level: Spte.maxLevel, gfn: 0, fill: Spte.nonpresent)
      if page != 0 {
        task.pointee.machine.pointee.arenaView.headers[Int(page)].state = .linked
        // One reference is the TDP MMU's own, put by kvm_tdp_mmu_zap_invalidated_roots().
        write_once64(task.point, roots.references + slot, 1)
        write_once64(task.point, roots.pages + slot, UInt64(page))
        task.noteWrite(roots.pages)
        write_once64(task.point, roots.current, UInt64(slot) + 1)
      }
    }
    task.unlockPages()
    task.readUnlock()
  }

  /// `kvm_tdp_mmu_get_root()`
  func getRoot(_ slot: Int) -> Bool {
    var seen = read_once64(task.point, roots.references + slot)
    while seen != 0 {
      if try_cmpxchg64(task.point, roots.references + slot, &seen, seen + 1) { return true }
    }
    return false
  }

  /// `kvm_tdp_mmu_put_root()`
  func putRoot(_ slot: Int) {
    guard fetch_add64(task.point, roots.references + slot, ~0) == 1 else { return }
    let page = roots.page(slot)
    task.bugOn(!header(page).pointee.isInvalid, "KVM_BUG_ON(!root->role.invalid) in kvm_tdp_mmu_put_root()")
    task.lockPages()
    write_once64(task.point, roots.pages + slot, 0)
    task.noteWrite(roots.pages)
    task.unlockPages()
    retire(page)
  }

  /// `for_each_tdp_mmu_root_yield_safe()` over the direct roots: the body may drop mmu_lock.
  func forEachDirectRoot(validOnly: Bool, _ body: (UInt32, Int) -> Void) {
    task.noteRead(roots.pages)
    for slot in 0..<Roots.slots where roots.page(slot) != 0 && getRoot(slot) {
      let page = roots.page(slot)
      if !(validOnly && header(page).pointee.isInvalid) { body(page, slot) }
      putRoot(slot)
    }
  }
}
