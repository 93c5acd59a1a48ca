/// Taking page tables from the arena and giving them back, with the life of each one checked (RCU-1).
import CAtomics

extension UnsafeMutablePointer where Pointee == Task {
  /// A table with all entries set to `fill`, reachable by nobody but the caller.
  /// - Parameter isAnnounced: what it is for is known, and worth an event.
  /// - Returns: its page index; 0 if the arena is used up, which halts the run as a harness fault.
  package func allocateTable(
    kind: PageHeader.Kind, level: Int, gfn: Gfn, fill: UInt64, isAnnounced: Bool = true
  ) -> UInt32 {
    let machine = pointee.machine
    if pointee.pageCacheCount == 0 {
      noteWrite(machine.pointee.arena.base)
      pointee.pageCacheCount = machine.pointee.arena.take(into: pointee.pageCache)
      if pointee.pageCacheCount == 0 {
        machine.pointee.reports.add(harnessFault: "out of page tables: \(machine.pointee.arena.capacity) reserved")
        machine.pointee.halt()
        return 0
      }
    }
    pointee.pageCacheCount -= 1
    let page = pointee.pageCache[pointee.pageCacheCount]
    let header = machine.pointee.arenaView.headers + Int(page)
    if header.pointee.state != .free {
      reportTable(page, expected: "a page on the free list is free", seen: "\(header.pointee.state)")
    }
    noteWrite(header)
    header.pointee = PageHeader()
    header.pointee.gfn = gfn
    header.pointee.level = UInt8(level)
    header.pointee.kind = kind
    header.pointee.state = .allocated
    fillTable(machine.pointee.arena.table(page), fill)
    markFilled(page)
    pointee.liveTables += 1
    if isAnnounced { emit(.tableAllocated, gfn: gfn, new: UInt64(page), level: level, root: kind) }
    return page
  }

  /// Fills the task's cache of pages. Those that are left in it are lost until a snapshot is restored.
  package func readyPages() { pointee.pageCacheCount = pointee.machine.pointee.arena.take(into: pointee.pageCache) }

  /// Frees a table for good: its page is poisoned and queued for reuse.
  package func freeTable(_ page: UInt32) {
    let machine = pointee.machine
    let header = machine.pointee.arenaView.headers + Int(page)
    pointee.tableFrees &+= 1
    if header.pointee.state == .free {
      return reportTable(page, expected: "each table is freed once", seen: "freed again")
    }
    emit(
      .tableFreed, gfn: header.pointee.gfn, new: UInt64(page), level: Int(header.pointee.level),
      root: header.pointee.kind)
    // External tables are the module's: no walker of KVM's ever reads one. All others must have outlived their readers,
    // whatever the subject did to make sure.
    if header.pointee.kind != .external && header.pointee.state != .allocated {
      if header.pointee.rcuStamp == 0 { noteWrite(machine.pointee.rcuEpoch) }
      let stamp =
        header.pointee.rcuStamp != 0
        ? header.pointee.rcuStamp : raw_fetch_add64(machine.pointee.rcuEpoch, 1) &+ 1
      if oldestReader() < stamp {
        reportTable(
          page, expected: "a table is freed after a grace period",
          seen: "freed while a reader from before its removal is inside")
      }
    }
    noteWrite(header)
    header.pointee.state = .free
    header.pointee.rcuStamp = 0
    fillTable(machine.pointee.arena.table(page), Spte.poison)
    markWritten(all: page)
    pointee.liveTables -= 1
    pointee.freedCache[pointee.freedCacheCount] = page
    pointee.freedCacheCount += 1
    if pointee.freedCacheCount == PageArena.batch { flushFreed() }
  }

  package func flushFreed() {
    guard pointee.freedCacheCount > 0 else { return }
    noteWrite(pointee.machine.pointee.arena.base)
    pointee.machine.pointee.arena.give(pointee.freedCache, count: pointee.freedCacheCount)
    pointee.freedCacheCount = 0
  }

  @inline(__always) private func fillTable(_ table: SptePointer, _ value: UInt64) {
    #if STRESS_TSAN
      // A walker that uses a freed table races with this by design; the sanitizer is told, the checker reports it.
      for index in 0..<Spte.entriesPerTable { raw_store64(table + index, value) }
    #else
      table.update(repeating: value, count: Spte.entriesPerTable)
    #endif
  }

  @inline(never) func reportTable(_ page: UInt32, expected: String, seen: String) {
    let header = pointee.machine.pointee.arenaView.headers[Int(page)]
    violationAfterDrain(
      .rcu1, gfn: header.gfn, level: Int(header.level), entry: page &* UInt32(Spte.entriesPerTable),
      expected: expected, seen: "\(header.kind) table #\(page): \(seen)")
  }
}
