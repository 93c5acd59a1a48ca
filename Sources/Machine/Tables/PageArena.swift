/// Every page table of a world, mirror, direct and external, in one reserved range of memory with a header beside each.
///
/// Pages are handed out from per-task caches and reused oldest first, filled with `Spte.poison` while free, so that a
/// use of a freed table is seen for long after the fact. May touch memory that no other thread can reach; everything
/// reachable goes through CAtomics.
import CAtomics
import Glibc

@usableFromInline package struct PageArena {
  @inlinable package static var pageSize: Int { 4096 }
  /// Table pages live at this pfn and above, guest memory below.
  @inlinable package static var tablePfnBase: UInt64 { 1 << 30 }
  /// Freed pages that wait before the first is used again.
  static let quarantine = 512
  static let batch = 16

  @usableFromInline package let base: UnsafeMutablePointer<UInt64>
  package let headers: UnsafeMutablePointer<PageHeader>
  let marks: UnsafeMutablePointer<LineMarks>
  package let capacity: Int
  let freeRing: UnsafeMutablePointer<UInt32>
  /// Guards `counters`.
  let lock: UnsafeMutablePointer<UInt32>
  /// Behind a pointer: a mutating method would claim the whole arena for itself while it waits for the lock, and the
  /// compiler may then read a field before the wait.
  let counters: UnsafeMutablePointer<Counters>

  struct Counters {
    var ringHead = 0
    var ringTail = 0
    /// Page 0 is never handed out: index 0 means none.
    var nextUnused = 1
  }

  /// Reserves address space for `capacity` pages; memory is taken only when a page is first used.
  /// - Returns: nil if the address space cannot be had.
  init?(capacity: Int) {
    func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
      let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      return memory == MAP_FAILED ? nil : memory
    }
    guard let tables = reserve(capacity * Self.pageSize),
      let headers = reserve(capacity * MemoryLayout<PageHeader>.stride),
      let marks = reserve(capacity * MemoryLayout<LineMarks>.stride),
      let ring = reserve(capacity * MemoryLayout<UInt32>.stride),
      let lock = reserve(Self.pageSize)
    else { return nil }
    self.capacity = capacity
    base = tables.bindMemory(to: UInt64.self, capacity: capacity * Spte.entriesPerTable)
    self.headers = headers.bindMemory(to: PageHeader.self, capacity: capacity)
    self.marks = marks.bindMemory(to: LineMarks.self, capacity: capacity)
    freeRing = ring.bindMemory(to: UInt32.self, capacity: capacity)
    self.lock = lock.bindMemory(to: UInt32.self, capacity: 1)
    counters = lock.advanced(by: Machine.line).bindMemory(to: Counters.self, capacity: 1)
    counters.initialize(to: Counters())
  }

  func unmap() {
    munmap(base, capacity * Self.pageSize)
    munmap(headers, capacity * MemoryLayout<PageHeader>.stride)
    munmap(marks, capacity * MemoryLayout<LineMarks>.stride)
    munmap(freeRing, capacity * MemoryLayout<UInt32>.stride)
    munmap(lock, Self.pageSize)
  }

  @inlinable @inline(__always) package func index(of entry: UnsafePointer<UInt64>) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt(bitPattern: entry) &- UInt(bitPattern: base)) >> 12)
  }
  @inlinable @inline(__always) package func table(_ page: UInt32) -> SptePointer {
    base + Int(page) &* Spte.entriesPerTable
  }
  @inlinable @inline(__always) package static func pfn(_ page: UInt32) -> UInt64 { tablePfnBase &+ UInt64(page) }
  @inlinable @inline(__always) package static func page(pfn: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: pfn &- tablePfnBase)
  }

  /// Refills a task's cache with up to `batch` pages.
  /// - Returns: how many; 0 if the arena is used up.
  func take(into cache: UnsafeMutablePointer<UInt32>) -> Int {
    RawLock.lock(lock)
    defer { RawLock.unlock(lock) }
    var count = 0
    while count < Self.batch {
      if counters.pointee.ringTail - counters.pointee.ringHead > Self.quarantine
        || (counters.pointee.nextUnused == capacity && counters.pointee.ringTail > counters.pointee.ringHead)
      {
        cache[count] = freeRing[counters.pointee.ringHead % capacity]
        counters.pointee.ringHead += 1
      } else if counters.pointee.nextUnused < capacity {
        cache[count] = UInt32(counters.pointee.nextUnused)
        counters.pointee.nextUnused += 1
      } else {
        break
      }
      count += 1
    }
    // The cache is used from its end; the oldest page first keeps reuse late.
    for index in 0..<(count / 2) {
      let other = count - 1 - index
      (cache[index], cache[other]) = (cache[other], cache[index])
    }
    return count
  }

  func give(_ pages: UnsafeMutablePointer<UInt32>, count: Int) {
    RawLock.lock(lock)
    defer { RawLock.unlock(lock) }
    for index in 0..<count {
      freeRing[counters.pointee.ringTail % capacity] = pages[index]
      counters.pointee.ringTail += 1
    }
  }

  /// Pages ever used, an upper bound of the memory taken.
  package var highWater: Int { counters.pointee.nextUnused }
}
