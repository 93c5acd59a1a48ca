/// What a record of one shard keeps for `stress merge`: which part of which campaign it was, and which executions it
/// saw. In a record it is one string: Base64url of LEB128 varints.
import Episodes
import Scheduling

package struct ShardSketch: Equatable, Sendable {
  private static let version: UInt64 = 1

  /// Schedules that the whole campaign is bounded by; 0 if time ended it.
  package var length: UInt64
  /// Where the campaign began.
  package var firstSchedule: UInt64
  /// The schedule that failed, counted from `firstSchedule`.
  package var failure: UInt64?
  package var distinct: DistinctSketch

  package init(length: UInt64, firstSchedule: UInt64, failure: UInt64?, distinct: DistinctSketch) {
    self.length = length
    self.firstSchedule = firstSchedule
    self.failure = failure
    self.distinct = distinct
  }

  package var text: String {
    var bytes: [UInt8] = []
    for number in [Self.version, length, firstSchedule, failure.map { $0 &+ 1 } ?? 0, distinct.level] {
      Self.write(number, &bytes)
    }
    Self.write(UInt64(distinct.firsts.count), &bytes)
    // In ascending order, so that equal sketches are equal texts, and differences are shorter than hashes.
    var last: UInt64 = 0
    for (hash, execution) in distinct.firsts.sorted(by: { $0.key < $1.key }) {
      Self.write((hash &- last) >> distinct.level, &bytes)
      Self.write(execution, &bytes)
      last = hash
    }
    return Base64URL.encode(bytes)
  }

  /// - Returns: nil if the text is none that `text` gives.
  package init?(text: String) {
    guard let bytes = try? Base64URL.decode(Array(text.utf8)[...]) else { return nil }
    var rest = bytes[...]
    func number() -> UInt64? { Self.read(&rest) }
    guard number() == Self.version, let length = number(), let firstSchedule = number(), let failure = number(),
      let level = number(), level < 64, let count = number(),
      // An entry takes two bytes at least: a forged count allocates nothing.
      count <= UInt64(rest.count / 2)
    else { return nil }
    var firsts: [UInt64: UInt64] = [:]
    firsts.reserveCapacity(Int(count))
    var hash: UInt64 = 0
    for index in 0..<count {
      guard let step = number(), let execution = number(), step <= UInt64.max >> level else { return nil }
      let (next, overflow) = hash.addingReportingOverflow(step << level)
      guard !overflow, index == 0 || step > 0 else { return nil }
      hash = next
      firsts[hash] = execution
    }
    guard rest.isEmpty, let distinct = DistinctSketch(firsts: firsts, level: level) else { return nil }
    self.init(
      length: length, firstSchedule: firstSchedule, failure: failure == 0 ? nil : failure - 1, distinct: distinct)
  }

  private static func write(_ number: UInt64, _ bytes: inout [UInt8]) {
    var number = number
    while number >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
      number >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: number))
  }

  private static func read(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      let bits = UInt64(byte & 0x7f)
      guard shift < 63 || bits <= 1 else { return nil }
      number |= bits << shift
      if byte & 0x80 == 0 { return number }
    }
    return nil
  }
}
