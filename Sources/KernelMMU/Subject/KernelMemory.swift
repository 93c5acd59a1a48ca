/// Pages and objects of a kernel's world: the arena's page tables, and a pool for their headers.
import CAtomics
import CKernelABI
import Glibc
import Machine

extension UnsafeMutablePointer where Pointee == KernelTask {
  func takePage(_ purpose: UInt32) -> UnsafeMutableRawPointer? {
    let vm = pointee.vm
    let isExternal = purpose == STRESS_PAGE_EXTERNAL
    let page = pointee.task.allocateTable(
      kind: isExternal ? .external : .none, level: 0, gfn: 0, fill: isExternal ? 0 : Spte.nonpresent,
      isAnnounced: false)
    guard page != 0 else { return nil }
    vm.pointee.pagePrivate[Int(page)] = 0
    vm.use(.pages, (Int(page) + 1) * 8)
    return UnsafeMutableRawPointer(vm.pointee.machine.pointee.arena.table(page))
  }

  func freePage(_ address: UnsafeMutableRawPointer) {
    let vm = pointee.vm
    let arena = vm.pointee.machine.pointee.arena
    let page = Int(arena.index(of: address.assumingMemoryBound(to: UInt64.self)))
    guard (1..<vm.pointee.capacity).contains(page), arena.table(UInt32(page)) == address else {
      return report(memory: "a page is freed that is no page table")
    }
    vm.pointee.pagePrivate[page] = 0
    pointee.task.freeTable(UInt32(page))
  }

  func takeObject() -> UnsafeMutableRawPointer? {
    let vm = pointee.vm
    let state = vm.pointee.state
    let slot: UInt32
    if state.pointee.freeCount > KernelVM.quarantine || Int(state.pointee.nextUnused) == vm.pointee.capacity {
      slot = state.pointee.firstFree
      guard slot != 0 else { return nil }
      state.pointee.firstFree = vm.pointee.slots[Int(slot)].next
      if state.pointee.firstFree == 0 { state.pointee.lastFree = 0 }
      state.pointee.freeCount &-= 1
    } else {
      slot = state.pointee.nextUnused
      state.pointee.nextUnused &+= 1
      vm.use(.objects, Int(slot + 1) * KernelVM.objectBytes)
      vm.use(.owners, Int(slot + 1) * MemoryLayout<KernelVM.Slot>.stride)
    }
    vm.pointee.slots[Int(slot)] = KernelVM.Slot(page: 0, next: 0, isInUse: true)
    let object = vm.pointee.objects + Int(slot) * KernelVM.objectBytes
    memset(object, 0, KernelVM.objectBytes)
    return object
  }

  func freeObject(_ object: UnsafeMutableRawPointer) {
    let vm = pointee.vm
    guard let slot = vm.slot(of: object), vm.pointee.slots[slot].isInUse else {
      return report(memory: "an object is freed that is not in use")
    }
    memset(object, 0x5a, KernelVM.objectBytes)
    vm.pointee.slots[slot] = KernelVM.Slot()
    let state = vm.pointee.state
    if state.pointee.lastFree == 0 {
      state.pointee.firstFree = UInt32(slot)
    } else {
      vm.pointee.slots[Int(state.pointee.lastFree)].next = UInt32(slot)
    }
    state.pointee.lastFree = UInt32(slot)
    state.pointee.freeCount &+= 1
  }

  /// A page became a page table, which nobody can reach yet.
  func tableMade(_ table: stress_table) {
    let vm = pointee.vm
    let machine = vm.pointee.machine
    let page = machine.pointee.arena.index(of: table.page.assumingMemoryBound(to: UInt64.self))
    let header = machine.pointee.arenaView.headers + Int(page)
    header.pointee.kind = table.is_mirror ? .mirror : .direct
    header.pointee.level = UInt8(truncatingIfNeeded: table.level)
    header.pointee.gfn = table.gfn & (KernelVM.sharedBits - 1)
    header.pointee.parent = table.parent
    pointee.task.markUnclean(page)
    if let slot = vm.slot(of: table.object) { vm.pointee.slots[slot].page = page }
    if table.parent == nil {
      header.pointee.state = .linked
      if table.is_mirror { vm.pointee.state.pointee.mirrorRoot = page } else { vm.addRoot(page) }
    }
    pointee.task.emit(
      .tableAllocated, gfn: header.pointee.gfn, new: UInt64(page), level: Int(table.level), root: header.pointee.kind)
  }
}

extension UnsafeMutablePointer where Pointee == KernelVM {
  @inline(__always) fileprivate func use(_ part: KernelVM.Used, _ bytes: Int) {
    let word = pointee.used + part.rawValue
    if word.pointee < bytes { word.pointee = bytes }
  }

  /// The object that an address points into.
  @inline(__always) func slot(of address: UnsafeMutableRawPointer) -> Int? {
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: pointee.objects)
    let slot = Int(truncatingIfNeeded: offset / UInt(KernelVM.objectBytes))
    return offset < UInt(pointee.capacity * KernelVM.objectBytes) && slot > 0 ? slot : nil
  }

  fileprivate func addRoot(_ page: UInt32) {
    for index in 0..<KernelVM.rootCount where pointee.directRoots[index] == 0 {
      raw_store64(pointee.directRoots + index, UInt64(page))
      return
    }
    pointee.machine.pointee.reports.add(harnessFault: "more than \(KernelVM.rootCount) direct roots")
    pointee.machine.pointee.halt()
  }

  /// A table that is on its way out maps nothing any more.
  func forgetRoot(_ page: UInt32) {
    for index in 0..<KernelVM.rootCount where pointee.directRoots[index] == UInt64(page) {
      raw_store64(pointee.directRoots + index, 0)
    }
  }
}
