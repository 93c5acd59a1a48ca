/// The book of MAP-1 and ACC-1: when each gfn was last mapped by a completed fault, accepted by the guest, and unmapped
/// by a completed zap.
///
/// Time is `MmuLock.epoch`, the number of write sections so far. A fault at epoch e came after write section e and
/// before the next; a zap spans the sections from its first to its last. So of one fault and one zap it is known which
/// came first, unless a table was removed under the shared lock in the same epoch, or a zap took a huge page's other
/// gfns along: then either state is right.
import CAtomics
import Glibc
import Machine

package struct MappingLedger: BitwiseCopyable {
  struct Unmapped {
    var range: Range<Gfn>
    var isPrivate: Bool
    var first: UInt64
    var last: UInt64
    /// Removed under the shared lock: faults of the same epoch may stand on either side.
    var isShared = false
    /// A table went from one root, which may have been invalid: what the valid one maps may stay.
    var isOfOneRoot = false
    /// The pages went back to who owns them: what a fault looked up before `last` must not be mapped any more.
    var givesBack = false
  }

  /// A fault that looked its page up in one epoch and mapped it in a later one.
  struct Lookup {
    var gfn: Gfn
    var isPrivate: Bool
    /// The whole 2M region was mapped.
    var isHuge: Bool
    var lookedUpAt: UInt64
    var mappedAt: UInt64

    var range: Range<Gfn> { isHuge ? gfn & ~511..<gfn & ~511 + 512 : gfn..<gfn + 1 }
  }

  /// Private and shared memory are mapped by different roots. What the guest accepts has a book of its own.
  struct Book {
    /// Epoch of the last fault, or accept, less the round's base plus one, by gfn; 0 for none.
    let mappedAt: UnsafeMutablePointer<UInt32>
    /// The same by 2M region, for what was mapped by a huge page or merged into one.
    let hugeAt: UnsafeMutablePointer<UInt32>
    /// Not 0 for 2M regions with an entry in the book. Bit n is set if one of the region's gfns from `n * gfnsPerBit`
    /// on has one.
    let touched: UnsafeMutablePointer<UInt32>

    static let gfnsPerBit = 512 / UInt32.bitWidth
  }

  let books: (shared: Book, private: Book, accepted: Book)
  /// gfns that there is room for.
  let guestPages: UInt64
  let mergesPrivate: Bool
  let base: UnsafeMutablePointer<UInt64>
  /// Hears of every change of the books, which are too wide to be copied for a snapshot.
  private let journal: JournalPointer

  init(guestPages: UInt64, mergesPrivate: Bool) {
    let (pages, regions) = (Int(guestPages), Int(guestPages / 512))
    func book() -> Book {
      Book(mappedAt: Self.reserve(pages), hugeAt: Self.reserve(regions), touched: Self.reserve(regions))
    }
    books = (book(), book(), book())
    self.guestPages = guestPages
    self.mergesPrivate = mergesPrivate
    base = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    base.initialize(to: 0)
    journal = Journal.create()
  }

  /// Zeroed by the operating system when first touched: a guest of any size costs what its rounds touch.
  static func reserve(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let bytes = count * MemoryLayout<UInt32>.stride
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    if let memory, memory != MAP_FAILED { return memory.bindMemory(to: UInt32.self, capacity: count) }
    let fallback = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
    fallback.initialize(repeating: 0, count: count)
    return fallback
  }

  /// Gives back what `reserve` has handed out.
  static func release(_ memory: UnsafeMutableRawPointer, bytes: Int) { munmap(memory, bytes) }

  func register(in snapshot: Snapshot) {
    snapshot.add(base)
    snapshot.add(journal)
  }

  func deallocate() {
    for book in [books.shared, books.private, books.accepted] {
      munmap(book.mappedAt, Int(guestPages) * 4)
      munmap(book.hugeAt, Int(guestPages / 512) * 4)
      munmap(book.touched, Int(guestPages / 512) * 4)
    }
    base.deallocate()
    Journal.destroy(journal)
  }

  @inline(__always) func book(_ isPrivate: Bool) -> Book { isPrivate ? books.private : books.shared }

  /// A round begins at this epoch: older entries are void.
  func begin(epoch: UInt64) {
    base.pointee = epoch
    for book in [books.shared, books.private, books.accepted] {
      for region in 0..<Int(guestPages / 512) where book.touched[region] != 0 {
        (book.mappedAt + region * 512).update(repeating: 0, count: 512)
        book.hugeAt[region] = 0
        book.touched[region] = 0
      }
    }
    journal.pointee.forget()
  }

  @inline(__always) private func stamp(_ epoch: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: epoch &- base.pointee &+ 1)
  }

  @inline(__always) private func raise(_ word: UnsafeMutablePointer<UInt32>, to stamp: UInt32) {
    var seen = raw_load32(word)
    while seen < stamp {
      let before = raw_cmpxchg32(word, seen, stamp)
      if before == seen { return journal.note(word, old: seen) }
      seen = before
    }
  }

  /// A fault on `gfn` completed at `epoch`.
  @inline(__always) func mapped(_ gfn: Gfn, isPrivate: Bool, huge: Bool, epoch: UInt64) {
    let book = book(isPrivate)
    raise(book.mappedAt + Int(gfn), to: stamp(epoch))
    if huge { raise(book.hugeAt + Int(gfn >> 9), to: stamp(epoch)) }
    touch(book.touched + Int(gfn >> 9), 1 << UInt32((gfn & 511) / UInt64(Book.gfnsPerBit)))
  }

  /// The guest accepted the page of this level at `gfn` at `epoch`, or was given it before it ran.
  func accepted(_ gfn: Gfn, level: Int, epoch: UInt64) {
    guard gfn < guestPages else { return }
    let book = books.accepted
    let region = Int(gfn >> 9)
    if level == 1 {
      raise(book.mappedAt + Int(gfn), to: stamp(epoch))
    } else {
      raise(book.hugeAt + region, to: stamp(epoch))
    }
    let bit: UInt32 = 1 << UInt32((gfn & 511) / UInt64(Book.gfnsPerBit))
    touch(book.touched + region, bit)
    // Zaps are dealt to the regions in the book of private memory.
    touch(books.private.touched + region, bit)
  }

  @inline(__always) private func touch(_ word: UnsafeMutablePointer<UInt32>, _ bit: UInt32) {
    var seen = raw_load32(word)
    while seen & bit == 0 {
      let before = raw_cmpxchg32(word, seen, seen | bit)
      if before == seen { return journal.note(word, old: seen) }
      seen = before
    }
  }

  /// Pages of the direct root may have been merged over `range` up to `epoch`.
  func merged(_ range: Range<Gfn>, epoch: UInt64) {
    for region in (range.lowerBound >> 9)...((range.upperBound - 1) >> 9) {
      raise(books.shared.hugeAt + Int(region), to: stamp(epoch))
      touch(books.shared.touched + Int(region), 1)
    }
  }
}
