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
      kind: isExternal ? .external : .none, level: 0, gfn: 0, fill: isExternal ? 0 : STRESS_UNWRITTEN,
      isAnnounced: false)
    guard page != 0 else { return nil }
    vm.pointee.pagePrivate[Int(page)] = 0
    vm.use(.pages, (Int(page) + 1) * 8)
    return UnsafeMutableRawPointer(vm.pointee.machine.pointee.arena.table(page))
  }

  func freePage(_ address: UnsafeMutableRawPointer, _ where: UnsafeRawPointer?) {
    let vm = pointee.vm
    let arena = vm.pointee.machine.pointee.arena
    let page = Int(arena.index(of: address.assumingMemoryBound(to: UInt64.self)))
    guard (1..<vm.pointee.capacity).contains(page), arena.table(UInt32(page)) == address else {
      return report(memory: "a page is freed that is no page table")
    }
    let header = vm.pointee.machine.pointee.arenaView.headers + page
    if header.pointee.kind == .external && header.pointee.state == .linked {
      return report(memory: "an S-EPT page is freed that TDH.PHYMEM.PAGE.RECLAIM has not taken from the TDX module")
    }
    vm.pointee.pagePrivate[page] = 0
    pointee.task.freeTable(UInt32(page))
    let deed = deed(`where`)
    header.pointee.freedBy = UInt16(truncatingIfNeeded: deed.task)
    header.pointee.freedAt = deed.code
    header.pointee.freedIn = UInt32(truncatingIfNeeded: deed.stamp >> FiberScheduler.clockShift)
  }

  /// What the task does now, at a return address in the kernel's code.
  func deed(_ where: UnsafeRawPointer?) -> KernelVM.Deed {
    let base = UInt(bitPattern: pointee.vm.pointee.kernel.pointee.base)
    let code = `where`.map { UInt32(truncatingIfNeeded: UInt(bitPattern: $0) &- base) } ?? 0
    return KernelVM.Deed(
      task: UInt32(truncatingIfNeeded: pointee.task.pointee.id), code: code, stamp: pointee.task.stamp())
  }

  /// - Parameter bytes: at most `KernelVM.objectBytes`.
  func takeObject(_ bytes: UInt64) -> UnsafeMutableRawPointer? {
    let vm = pointee.vm
    vm.lockPool()
    let slot = vm.takeSlot(UInt16(truncatingIfNeeded: max(bytes, 1)))
    vm.unlockPool()
    guard slot != 0 else { return nil }
    let object = vm.pointee.objects + Int(slot) * KernelVM.objectBytes
    memset(object, 0, KernelVM.objectBytes)
    return object
  }

  func freeObject(_ object: UnsafeMutableRawPointer, _ where: UnsafeRawPointer?) {
    let vm = pointee.vm
    guard let slot = vm.slot(of: object), vm.pointee.slots[slot].isInUse else {
      return report(memory: "an object is freed that is not in use")
    }
    memset(object, 0x5a, KernelVM.objectBytes)
    vm.lockPool()
    vm.giveSlot(UInt32(slot), deed(`where`))
    vm.unlockPool()
  }

  /// A page became a page table, which nobody can reach yet.
  func tableMade(_ table: stress_table) {
    let vm = pointee.vm
    let machine = vm.pointee.machine
    let page = machine.pointee.arena.index(of: table.page.assumingMemoryBound(to: UInt64.self))
    let header = machine.pointee.arenaView.headers + Int(page)
    header.pointee.kind = table.is_mirror ? .mirror : .direct
    header.pointee.level = UInt8(truncatingIfNeeded: table.level)
    header.pointee.gfn = table.gfn & (KernelVM.sharedBit - 1)
    header.pointee.parent = table.parent
    pointee.task.markUnclean(page)
    if let slot = vm.slot(of: table.object) { vm.pointee.slots[slot].page = page }
    if table.parent == nil {
      header.pointee.state = .linked
      if table.is_mirror {
        vm.pointee.state.pointee.mirrorRoot = page
      } else if !vm.addRoot(page) {
        pointee.task.violationAfterDrain(
          .rcu1, gfn: 0, level: 0, expected: "a root is freed with its last reference",
          seen: "more than \(vm.pointee.rootCount) direct roots at once, which no so few tasks can refer to")
      }
    }
    pointee.task.emit(
      .tableAllocated, gfn: header.pointee.gfn, new: UInt64(page), level: Int(table.level), root: header.pointee.kind)
  }
}

extension UnsafeMutablePointer where Pointee == KernelVM {
  /// What kernel code accesses here is looked at: page tables and objects as they are allocated, and not at all the
  /// records of them.
  func markMemory() {
    for (memory, bytes) in pointee.marked { Shadow.mark(memory, bytes) }
    Shadow.open(pointee.world, pointee.worldBytes)
  }

  /// Where the kernel side finds what is allocated: in the headers of pages and the slots of objects.
  func describeMemory(_ config: inout stress_world_config) {
    func offset<Root>(_ type: Root.Type, _ field: PartialKeyPath<Root>) -> Int {
      guard let offset = MemoryLayout<Root>.offset(of: field) else { preconditionFailure("a stored field") }
      return offset
    }
    let headers = UnsafeRawPointer(pointee.machine.pointee.arenaView.headers)
    func byte(_ field: PartialKeyPath<PageHeader>) -> UnsafePointer<UInt8> {
      (headers + offset(PageHeader.self, field)).assumingMemoryBound(to: UInt8.self)
    }
    config.page_states = byte(\.state)
    config.page_kinds = byte(\.kind)
    precondition(MemoryLayout<PageHeader>.stride == STRESS_PAGE_STRIDE, "the kernel side reads headers")
    config.object_sizes = (UnsafeRawPointer(pointee.slots) + offset(KernelVM.Slot.self, \.size))
      .assumingMemoryBound(to: UInt16.self)
    config.object_tracked =
      (UnsafeMutableRawPointer(pointee.slots) + offset(KernelVM.Slot.self, \.isTracked))
      .assumingMemoryBound(to: Bool.self)
    config.object_stride = UInt32(MemoryLayout<KernelVM.Slot>.stride)
    config.has_shadow = Shadow.isMapped
    config.quiet = (UnsafeRawPointer(pointee.state) + offset(KernelVM.State.self, \.isQuiet))
      .assumingMemoryBound(to: Bool.self)
    config.object_count = (UnsafeRawPointer(pointee.pool) + offset(KernelVM.Pool.self, \.nextUnused))
      .assumingMemoryBound(to: UInt32.self)
  }

  /// Threads have no snapshot that would ask.
  @inline(__always) fileprivate func use(_ part: KernelVM.Used, _ bytes: Int) {
    let word = pointee.used + part.rawValue
    if !pointee.isThreaded && word.pointee < bytes { word.pointee = bytes }
  }

  @inline(__always) fileprivate func lockPool() { if pointee.isThreaded { RawLock.lock(pointee.poolLock) } }
  @inline(__always) fileprivate func unlockPool() { if pointee.isThreaded { RawLock.unlock(pointee.poolLock) } }

  /// - Returns: 0 if there is none left.
  fileprivate func takeSlot(_ size: UInt16) -> UInt32 {
    let pool = pointee.pool
    let slot: UInt32
    if pool.pointee.freeCount > KernelVM.quarantine || Int(pool.pointee.nextUnused) == pointee.capacity {
      slot = pool.pointee.firstFree
      guard slot != 0 else { return 0 }
      pool.pointee.firstFree = pointee.slots[Int(slot)].next
      if pool.pointee.firstFree == 0 { pool.pointee.lastFree = 0 }
      pool.pointee.freeCount &-= 1
    } else {
      slot = pool.pointee.nextUnused
      pool.pointee.nextUnused &+= 1
      use(.objects, Int(slot + 1) * KernelVM.objectBytes)
      use(.owners, Int(slot + 1) * MemoryLayout<KernelVM.Slot>.stride)
    }
    pointee.slots[Int(slot)] = KernelVM.Slot(size: size)
    return slot
  }

  fileprivate func giveSlot(_ slot: UInt32, _ deed: KernelVM.Deed) {
    let pool = pointee.pool
    pointee.slots[Int(slot)].size = 0
    pointee.slots[Int(slot)].isTracked = false
    pointee.slots[Int(slot)].next = 0
    pointee.slots[Int(slot)].freed = deed
    if pool.pointee.lastFree == 0 {
      pool.pointee.firstFree = slot
    } else {
      pointee.slots[Int(pool.pointee.lastFree)].next = slot
    }
    pool.pointee.lastFree = slot
    pool.pointee.freeCount &+= 1
  }

  /// The object that an address points into.
  @inline(__always) func slot(of address: UnsafeMutableRawPointer) -> Int? {
    let offset = UInt(bitPattern: address) &- UInt(bitPattern: pointee.objects)
    let slot = Int(truncatingIfNeeded: offset / UInt(KernelVM.objectBytes))
    return offset < UInt(pointee.capacity * KernelVM.objectBytes) && slot > 0 ? slot : nil
  }

  /// - Returns: false if there are too many already.
  fileprivate func addRoot(_ page: UInt32) -> Bool {
    for index in 0..<pointee.rootCount where raw_load64(pointee.directRoots + index) == 0 {
      if raw_cmpxchg64(pointee.directRoots + index, 0, UInt64(page)) == 0 { return true }
    }
    return false
  }

  /// A table that is on its way out maps nothing any more.
  func forgetRoot(_ page: UInt32) {
    for index in 0..<pointee.rootCount where raw_load64(pointee.directRoots + index) == UInt64(page) {
      raw_store64(pointee.directRoots + index, 0)
    }
  }
}

extension KernelVM {
  /// What no kernel code accesses unless it is allocated, or not at all.
  var marked: [(memory: UnsafeRawPointer, bytes: Int)] {
    let arena = machine.pointee.arena
    return [
      (UnsafeRawPointer(arena.base), capacity * PageArena.pageSize),
      (UnsafeRawPointer(arena.headers), capacity * MemoryLayout<PageHeader>.stride & ~7),
      (UnsafeRawPointer(objects), capacity * KernelVM.objectBytes),
      (UnsafeRawPointer(slots), capacity * MemoryLayout<Slot>.stride & ~7),
    ]
  }
}
