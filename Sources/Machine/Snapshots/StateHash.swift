/// What a world holds, in one number: equal for two moments of executions of one episode from which the same can
/// follow.
///
/// Only what differs from the last snapshot counts, word by word, so that the order in which it came about does not.
/// All memory that a snapshot puts back is part of it, but for what is named as `beside`: time, and how often something
/// was looked at. Two different states are taken for one with a chance of one in 2^64 a pair.
import CAtomics
import Glibc

@usableFromInline package struct StateHash {
  @usableFromInline package private(set) var value: UInt64 = 0

  package init() {}

  /// What is compared in one go.
  private static let comparedBytes = 512

  /// One word and where it stands; the sum of all does not depend on their order.
  @inlinable @inline(__always) package mutating func add(_ place: UInt, _ word: UInt64) {
    var hash = word ^ (UInt64(place) &* 0x9e37_79b9_7f4a_7c15)
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    value &+= hash ^ (hash >> 31)
  }

  /// A line's words and where it stands.
  @inline(__always) mutating func add(line: UnsafePointer<UInt64>) {
    var chain = UInt64(UInt(bitPattern: line))
    for index in stride(from: 0, to: LineMarks.entries, by: 2) {
      chain = Self.fold(chain, line[index], line[index + 1])
    }
    value &+= chain
  }

  /// Two words behind others. Multiplied to 128 bits, of which both halves count (Wang Yi, *wyhash*).
  @inline(__always) private static func fold(_ chain: UInt64, _ first: UInt64, _ second: UInt64) -> UInt64 {
    let product = (first ^ chain ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: second ^ 0xd1b5_4a32_d192_ed03)
    return product.high ^ product.low
  }

  /// Those lines of a range that are not as in `before`.
  @inline(__always) package mutating func add(
    changesOf memory: UnsafeMutableRawPointer, since before: UnsafeMutableRawPointer, byteCount: Int
  ) {
    var first = 0
    while first < byteCount {
      let count = min(Self.comparedBytes, byteCount - first)
      // Most of what there is was not touched.
      if memcmp(memory + first, before + first, count) != 0 {
        addChanges(of: memory + first, since: before + first, byteCount: count)
      }
      first += count
    }
  }

  private mutating func addChanges(
    of memory: UnsafeMutableRawPointer, since before: UnsafeMutableRawPointer, byteCount: Int
  ) {
    let (now, old) = (
      memory.assumingMemoryBound(to: UInt64.self), before.assumingMemoryBound(to: UInt64.self)
    )
    let words = byteCount / 8
    var index = 0
    while index + LineMarks.entries <= words {
      if run_differs64(now + index, old + index) { add(line: now + index) }
      index += LineMarks.entries
    }
    while index < words {
      if now[index] != old[index] { add(UInt(bitPattern: now + index), now[index]) }
      index += 1
    }
    for offset in words * 8..<byteCount {
      let byte = memory.load(fromByteOffset: offset, as: UInt8.self)
      if byte != before.load(fromByteOffset: offset, as: UInt8.self) {
        add(UInt(bitPattern: memory + offset), UInt64(byte))
      }
    }
  }

  /// All words of a range, and where it stands.
  @inline(__always) package mutating func add(
    all memory: UnsafeMutableRawPointer, byteCount: Int, place: UInt? = nil
  ) {
    let (words, count) = (memory.assumingMemoryBound(to: UInt64.self), byteCount / 8)
    // Two chains, as each waits for its own products.
    var chain = UInt64(place ?? UInt(bitPattern: memory))
    var other = ~chain
    var index = 0
    while index + 3 < count {
      chain = Self.fold(chain, words[index], words[index + 1])
      other = Self.fold(other, words[index + 2], words[index + 3])
      index += 4
    }
    while index < count {
      chain = Self.fold(chain, words[index], 0)
      index += 1
    }
    value &+= Self.fold(chain, other, 0)
  }
}
