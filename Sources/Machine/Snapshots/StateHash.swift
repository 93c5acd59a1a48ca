/// What a world holds, in one number: equal for two moments of executions of one episode from which the same can
/// follow.
///
/// Only what differs from the last snapshot counts, word by word, so that the order in which it came about does not.
/// All memory that a snapshot puts back is part of it, but for what is named as `beside`: time, and how often something
/// was looked at. Two different states are taken for one with a chance of one in 2^64 a pair.
import Glibc

@usableFromInline package struct StateHash {
  @usableFromInline package private(set) var value: UInt64 = 0

  package init() {}

  /// Words that are compared in one go.
  private static let comparedWords = 64

  /// One word and where it stands; the sum of all does not depend on their order.
  @inlinable @inline(__always) package mutating func add(_ place: UInt, _ word: UInt64) {
    var hash = word ^ (UInt64(place) &* 0x9e37_79b9_7f4a_7c15)
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    value &+= hash ^ (hash >> 31)
  }

  /// Those of `words` that are not as in `before`.
  @inline(__always) mutating func add(
    changesOf memory: UnsafeMutableRawPointer, since before: UnsafeMutableRawPointer, byteCount: Int
  ) {
    let words = byteCount / 8
    let (now, old) = (
      memory.assumingMemoryBound(to: UInt64.self), before.assumingMemoryBound(to: UInt64.self)
    )
    var first = 0
    while first < words {
      let count = min(Self.comparedWords, words - first)
      // Most of what there is was not touched.
      if memcmp(now + first, old + first, count * 8) != 0 {
        for index in first..<first + count where now[index] != old[index] {
          add(UInt(bitPattern: now + index), now[index])
        }
      }
      first += count
    }
    for offset in words * 8..<byteCount {
      let byte = memory.load(fromByteOffset: offset, as: UInt8.self)
      if byte != before.load(fromByteOffset: offset, as: UInt8.self) {
        add(UInt(bitPattern: memory + offset), UInt64(byte))
      }
    }
  }

  /// All words of a range that are not 0.
  @inline(__always) package mutating func add(
    all memory: UnsafeMutableRawPointer, byteCount: Int, place: UInt? = nil
  ) {
    let words = memory.assumingMemoryBound(to: UInt64.self)
    let place = place ?? UInt(bitPattern: memory)
    for index in 0..<byteCount / 8 where words[index] != 0 { add(place &+ UInt(8 * index), words[index]) }
  }
}
