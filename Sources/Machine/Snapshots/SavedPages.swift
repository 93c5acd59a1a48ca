/// The arena's part of a snapshot: its counters, the headers, and what each table in use held.
///
/// A table is copied back by the lines that were written since: `LineMarks.clean` tells which were not. Tables
/// taken since are unused again; what they hold does not matter, as a table is filled when it is taken.
import CAtomics

struct SavedPages {
  private let arena: PageArena
  private var counters = PageArena.Counters()
  /// Of all pages below `counters.nextUnused`.
  private var headers = UnsafeMutablePointer<PageHeader>.allocate(capacity: 64)
  private var headerCapacity = 64
  /// The pages in use, then their marks and entries in that order.
  private var pages = UnsafeMutablePointer<UInt32>.allocate(capacity: 32)
  private var marks = UnsafeMutablePointer<LineMarks>.allocate(capacity: 32)
  private var tables = UnsafeMutablePointer<UInt64>.allocate(capacity: 32 * Spte.entriesPerTable)
  private var capacity = 32
  private var count = 0
  /// The pages that wait to be used again, oldest first.
  private var waiting = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
  private var waitingCapacity = 64

  init(of arena: PageArena) { self.arena = arena }

  func deallocate() {
    headers.deallocate()
    pages.deallocate()
    marks.deallocate()
    tables.deallocate()
    waiting.deallocate()
  }

  mutating func take() {
    counters = arena.counters.pointee
    Self.reserve(counters.nextUnused, &headers, &headerCapacity)
    count = 0
    for page in 1..<counters.nextUnused where arena.headers[page].state != .free { count += 1 }
    if count > capacity {
      pages.deallocate()
      marks.deallocate()
      tables.deallocate()
      capacity = 2 * count
      pages = .allocate(capacity: capacity)
      marks = .allocate(capacity: capacity)
      tables = .allocate(capacity: capacity * Spte.entriesPerTable)
    }
    var slot = 0
    for page in 1..<counters.nextUnused where arena.headers[page].state != .free {
      arena.marks[page].clean = .max
      pages[slot] = UInt32(page)
      marks[slot] = arena.marks[page]
      (tables + slot * Spte.entriesPerTable).update(
        from: arena.table(UInt32(page)), count: Spte.entriesPerTable)
      slot += 1
    }
    (headers + 1).update(from: arena.headers + 1, count: counters.nextUnused - 1)
    Self.reserve(counters.ringTail - counters.ringHead, &waiting, &waitingCapacity)
    copyRing { saved, ring, count in saved.update(from: ring, count: count) }
  }

  func restore() {
    for slot in 0..<count {
      let page = pages[slot]
      let dirty = ~arena.marks[Int(page)].clean
      if dirty == 0 { continue }
      copyBack(arena.table(page), tables + slot * Spte.entriesPerTable, dirty)
      arena.marks[Int(page)] = marks[slot]
    }
    // Page 0 is never in use.
    (arena.headers + 1).update(from: headers + 1, count: counters.nextUnused - 1)
    emptyHeaders(from: counters.nextUnused)
    copyRing { saved, ring, count in ring.update(from: saved, count: count) }
    arena.counters.pointee = counters
  }

  /// Adds what the tables in use hold that they did not when they were taken, and where each table is in its life.
  func tell(_ hash: inout StateHash) {
    var slot = 0
    for page in 1..<arena.counters.pointee.nextUnused {
      while slot < count && pages[slot] < UInt32(page) { slot += 1 }
      let header = arena.headers[page]
      let table = arena.table(UInt32(page))
      let isSaved = slot < count && pages[slot] == UInt32(page)
      if header.state == .free {
        // What a freed page holds is poison, whoever freed it.
        if isSaved { hash.add(UInt(page), 1) }
        continue
      }
      tell(header, page, since: page < counters.nextUnused ? headers[page] : PageHeader(), &hash)
      var lines = isSaved ? ~arena.marks[page].clean : ~arena.marks[page].untouched
      let saved = isSaved ? tables + slot * Spte.entriesPerTable : nil
      while lines != 0 {
        let entry = lines.trailingZeroBitCount * LineMarks.entries
        lines &= lines &- 1
        if let saved, !run_differs64(saved + entry, table + entry) { continue }
        hash.add(line: table + entry)
      }
    }
    let (now, old) = (arena.counters.pointee, counters)
    hash.add(1 << 32, UInt64(now.nextUnused - old.nextUnused))
    for place in now.ringHead..<now.ringTail {
      hash.add(1 << 33 + UInt(place), UInt64(arena.freeRing[place % arena.capacity]))
    }
  }

  /// Adds what of a header is not as it was.
  @inline(__always) private func tell(
    _ header: PageHeader, _ page: Int, since old: PageHeader, _ hash: inout StateHash
  ) {
    let place = UInt(bitPattern: arena.headers + page)
    func add(_ index: UInt, _ word: (PageHeader) -> UInt64) {
      if word(header) != word(old) { hash.add(place &+ index, word(header)) }
    }
    add(0) {
      UInt64($0.level) | UInt64($0.kind.rawValue) << 8 | UInt64($0.state.rawValue) << 16
        | ($0.isInvalid ? 1 << 24 : 0) | ($0.isTracked ? 1 << 25 : 0) | UInt64($0.nxWord) << 32
    }
    add(1) { $0.gfn }
    add(2) { UInt64(UInt(bitPattern: $0.parent)) }
    add(3) { $0.rcuStamp }
    add(4) { UInt64($0.externalPage) | UInt64($0.nextDeferred) << 32 }
    add(5) { UInt64($0.next) | UInt64($0.previous) << 32 }
  }

  /// The arena as it was before its first page was taken.
  mutating func reset() {
    emptyHeaders(from: 1)
    counters = PageArena.Counters()
    count = 0
    arena.counters.pointee = counters
  }

  @inline(__always) private func copyBack(_ table: SptePointer, _ saved: SptePointer, _ dirty: UInt64) {
    if dirty == .max {
      table.update(from: saved, count: Spte.entriesPerTable)
      return
    }
    var lines = dirty
    while lines != 0 {
      let entry = lines.trailingZeroBitCount * LineMarks.entries
      (table + entry).update(from: saved + entry, count: LineMarks.entries)
      lines &= lines &- 1
    }
  }

  private func emptyHeaders(from first: Int) {
    let used = arena.counters.pointee.nextUnused
    if used > first { (arena.headers + first).update(repeating: PageHeader(), count: used - first) }
  }

  /// Hands the waiting pages' place in the ring to `copy`, in two pieces if it wraps.
  private func copyRing(_ copy: (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, Int) -> Void) {
    let total = counters.ringTail - counters.ringHead
    guard total > 0 else { return }
    let start = counters.ringHead % arena.capacity
    let first = min(total, arena.capacity - start)
    copy(waiting, arena.freeRing + start, first)
    if first < total { copy(waiting + first, arena.freeRing, total - first) }
  }

  /// Room for `count` elements; what was there is lost.
  private static func reserve<Element>(
    _ count: Int, _ memory: inout UnsafeMutablePointer<Element>, _ capacity: inout Int
  ) {
    guard count > capacity else { return }
    memory.deallocate()
    capacity = 2 * count
    memory = .allocate(capacity: capacity)
  }
}
