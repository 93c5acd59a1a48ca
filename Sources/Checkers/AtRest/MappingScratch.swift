/// What the zaps over one 2M region say about each of its gfns, and the memory in which MAP-1 finds out which zaps
/// those are. Kept between looks: none of it is allocated anew, none is cleared that was not used.
import Glibc
import Machine

/// What the zaps over one 2M region say about each of its gfns. Stamps are epochs as the book has them.
struct MappingBounds {
  /// A fault at this stamp or later proves a mapping.
  let safeAt: UnsafeMutablePointer<UInt32>
  /// A mapping whose faults are all before this stamp has outlived its zap.
  let goneAt: UnsafeMutablePointer<UInt32>
  /// The same for the whole region.
  private(set) var safeEverywhere: UInt32 = 0
  private(set) var goneEverywhere: UInt32 = 0
  /// Of `safeEverywhere`, what zaps say that cover the whole region.
  private var coveredEverywhere: UInt32 = 0
  /// Of the region's gfns, those with a bound of their own.
  private var used = 0..<0

  init() {
    func words() -> UnsafeMutablePointer<UInt32> {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 512 * MemoryLayout<UInt32>.stride, alignment: 64)
      let words = memory.bindMemory(to: UInt32.self, capacity: 512)
      words.initialize(repeating: 0, count: 512)
      return words
    }
    safeAt = words()
    goneAt = words()
  }

  func deallocate() {
    safeAt.deallocate()
    goneAt.deallocate()
  }

  mutating func clear() {
    if !used.isEmpty {
      (safeAt + used.lowerBound).update(repeating: 0, count: used.count)
      (goneAt + used.lowerBound).update(repeating: 0, count: used.count)
      used = 0..<0
    }
    safeEverywhere = 0
    goneEverywhere = 0
    coveredEverywhere = 0
  }

  /// The gfns with a bound of their own, as bits of `Book.touched`.
  @inline(__always) var ownBits: UInt32 {
    if used.isEmpty { return 0 }
    let first = used.lowerBound / MappingLedger.Book.gfnsPerBit
    let last = (used.upperBound - 1) / MappingLedger.Book.gfnsPerBit
    return (.max << UInt32(first)) & (.max >> UInt32(31 - last))
  }

  @inline(__always) func safe(_ index: Int) -> UInt32 { max(safeAt[index], safeEverywhere) }

  /// An accept at this stamp or later was not undone by a zap that covers the gfn itself.
  @inline(__always) func covered(_ index: Int) -> UInt32 { max(safeAt[index], coveredEverywhere) }

  @inline(__always) func gone(_ index: Int) -> UInt32 { max(goneAt[index], goneEverywhere) }

  /// - Parameters:
  ///   - start: the region's first gfn.
  ///   - base: the epoch that the book's stamps count from.
  ///   - extends: the zap may have taken the rest of a huge page along.
  mutating func add(_ record: MappingLedger.Unmapped, _ start: Gfn, base: UInt64, extends: Bool) {
    let range = record.range.clamped(to: start..<(start + 512))
    if range.isEmpty { return }
    func stamp(_ epoch: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: epoch &- base &+ 1) }
    if record.isShared {
      // A table that is removed takes the accepted pages in it along, on either side of an accept in the same epoch.
      safeEverywhere = max(safeEverywhere, stamp(record.last) + 1)
      coveredEverywhere = max(coveredEverywhere, stamp(record.last) + 1)
      return
    }
    let (first, last) = (stamp(record.first), stamp(record.last))
    let (low, high) = (Int(range.lowerBound - start), Int(range.upperBound - start))
    let coversAll = range.count == 512
    if extends || coversAll { safeEverywhere = max(safeEverywhere, last) }
    if coversAll {
      if !record.isOfOneRoot { goneEverywhere = max(goneEverywhere, first) }
      coveredEverywhere = max(coveredEverywhere, last)
      return
    }
    used = used.isEmpty ? low..<high : min(used.lowerBound, low)..<max(used.upperBound, high)
    for index in low..<high {
      safeAt[index] = max(safeAt[index], last)
      goneAt[index] = max(goneAt[index], first)
    }
  }
}

/// The records of one kind of memory, dealt to the 2M regions in the book.
struct MappingScratch {
  typealias Record = UnsafePointer<MappingLedger.Unmapped>

  private struct Link {
    var record: Record
    var region: Int
    /// Number of the next link of the region plus one, 0 for none.
    var next: UInt32
  }

  var bounds = MappingBounds()
  /// Number of a region's first link plus one, 0 for none.
  private let heads: UnsafeMutablePointer<UInt32>
  private let headBytes: Int
  private var links = UnsafeMutablePointer<Link>.allocate(capacity: 64)
  private var linkCapacity = 64
  private var linkCount = 0
  /// Records over so many regions that all regions look at them.
  private var wide = UnsafeMutablePointer<Record>.allocate(capacity: 16)
  private var wideCapacity = 16
  private var wideCount = 0

  /// Regions of a record from which on it is wide.
  private static let wideRegions = 64

  static func create(regions: Int) -> UnsafeMutablePointer<MappingScratch> {
    let scratch = UnsafeMutablePointer<MappingScratch>.allocate(capacity: 1)
    scratch.initialize(to: MappingScratch(regions: regions))
    return scratch
  }

  static func destroy(_ scratch: UnsafeMutablePointer<MappingScratch>) {
    scratch.pointee.bounds.deallocate()
    munmap(scratch.pointee.heads, scratch.pointee.headBytes)
    scratch.pointee.links.deallocate()
    scratch.pointee.wide.deallocate()
    scratch.deallocate()
  }

  private init(regions: Int) {
    headBytes = regions * MemoryLayout<UInt32>.stride
    heads = MappingLedger.reserve(regions)
  }

  /// Deals a record to those of its regions that are in the book.
  mutating func deal(_ record: Record, touched: UnsafeMutablePointer<UInt32>, regions: Int) {
    let first = Int(record.pointee.range.lowerBound >> 9)
    let last = min(Int((record.pointee.range.upperBound - 1) >> 9), regions - 1)
    if last - first >= Self.wideRegions { return addWide(record) }
    guard first <= last else { return }
    for region in first...last where touched[region] != 0 { link(record, region) }
  }

  /// Sets `bounds` to what the dealt records say about a region.
  mutating func gather(_ region: Int, base: UInt64, extends: Bool) {
    bounds.clear()
    let start = UInt64(region) << 9
    for index in 0..<wideCount { bounds.add(wide[index].pointee, start, base: base, extends: extends) }
    var number = heads[region]
    while number != 0 {
      let link = links + Int(number - 1)
      bounds.add(link.pointee.record.pointee, start, base: base, extends: extends)
      number = link.pointee.next
    }
  }

  /// Forgets the records.
  mutating func clear() {
    for index in 0..<linkCount { heads[links[index].region] = 0 }
    linkCount = 0
    wideCount = 0
  }

  @inline(__always) private mutating func link(_ record: Record, _ region: Int) {
    if linkCount == linkCapacity { Self.grow(&links, linkCount, &linkCapacity) }
    (links + linkCount).initialize(to: Link(record: record, region: region, next: heads[region]))
    linkCount += 1
    heads[region] = UInt32(linkCount)
  }

  private mutating func addWide(_ record: Record) {
    if wideCount == wideCapacity { Self.grow(&wide, wideCount, &wideCapacity) }
    (wide + wideCount).initialize(to: record)
    wideCount += 1
  }

  private static func grow<Element>(
    _ memory: inout UnsafeMutablePointer<Element>, _ count: Int, _ capacity: inout Int
  ) {
    let wider = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
    wider.moveInitialize(from: memory, count: count)
    memory.deallocate()
    memory = wider
    capacity *= 2
  }
}
