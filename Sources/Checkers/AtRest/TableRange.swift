/// The entries of one table that a range of gfns meets, and the way from one that holds something to the next.
import CAtomics
import Machine

struct TableRange {
  private let first: Int
  private let end: Int
  private let start: Gfn
  private let shift: UInt64

  /// - Parameters:
  ///   - lower: a gfn that the table maps.
  ///   - upper: the end of the range, above `lower`, beyond the table or not.
  @inline(__always) init(_ lower: Gfn, _ upper: Gfn, _ level: Int) {
    shift = UInt64(truncatingIfNeeded: 9 &* (level &- 1))
    start = (lower >> (shift &+ 9)) << (shift &+ 9)
    first = Int((lower &- start) >> shift)
    end = Int(min((upper &- 1 &- start) >> shift &+ 1, UInt64(Spte.entriesPerTable)))
  }

  /// First gfn that an entry maps.
  @inline(__always) func gfn(_ index: Int) -> Gfn { start &+ UInt64(truncatingIfNeeded: index) << shift }

  /// Of a table's lines, as bits, those in the range.
  @inline(__always) func clip(lines: UInt64) -> SetBits {
    SetBits(lines & (.max << UInt64(first / RUN_LENGTH)) & (.max >> UInt64(63 - (end - 1) / RUN_LENGTH)))
  }

  /// Of a run's entries, as bits, those in the range.
  @inline(__always) func clip(entries: UInt32, _ run: Int) -> SetBits {
    let below: UInt32 = run < first ? .max << UInt32(first - run) : .max
    let above: UInt32 = end - run < RUN_LENGTH ? ~(.max << UInt32(end - run)) : .max
    return SetBits(UInt64(entries & below & above))
  }
}

/// The numbers of the bits that are set.
struct SetBits: Sequence, IteratorProtocol {
  private var word: UInt64

  @inline(__always) init(_ word: UInt64) { self.word = word }

  @inline(__always) mutating func next() -> Int? {
    if word == 0 { return nil }
    defer { word &= word &- 1 }
    return word.trailingZeroBitCount
  }
}
