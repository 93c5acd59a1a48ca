/// Which executions a part of a campaign saw, so that the parts can be put together: for each hash the first execution
/// that had it.
///
/// It is full at as many hashes as a `DistinctCounter`, and makes room by the same rule. What is left depends on the
/// hashes alone: sketches of parts add up to the sketch of the whole, however it was divided.
package struct DistinctSketch: Sendable, Equatable {
  package private(set) var firsts: [UInt64: UInt64] = [:]
  /// Low bits that a hash must have clear to be in the sketch.
  package private(set) var level: UInt64 = 0
  private let capacity: Int

  package init(capacity: Int = 1 << 21) { self.capacity = capacity }

  /// - Returns: nil if the level is none, a hash does not belong there, or there are more than fit.
  package init?(firsts: [UInt64: UInt64], level: UInt64, capacity: Int = 1 << 21) {
    guard level < 64, firsts.count <= capacity else { return nil }
    self.firsts = firsts
    self.level = level
    self.capacity = capacity
    guard firsts.keys.allSatisfy(isKept) else { return nil }
  }

  package var isExact: Bool { level == 0 }
  package var count: UInt64 { UInt64(firsts.count) << level }

  /// Hashes whose first execution is one of these, each standing for as many as it does.
  package func count(first executions: Range<UInt64>) -> UInt64 {
    UInt64(firsts.values.count { executions.contains($0) }) << level
  }

  package mutating func insert(_ hash: UInt64, at execution: UInt64) {
    guard isKept(hash) else { return }
    firsts[hash] = min(firsts[hash] ?? .max, execution)
    makeRoom()
  }

  package mutating func formUnion(_ other: DistinctSketch) {
    if other.level > level { drop(to: other.level) }
    for (hash, execution) in other.firsts where isKept(hash) {
      firsts[hash] = min(firsts[hash] ?? .max, execution)
    }
    makeRoom()
  }

  /// Forgets every hash that was first seen at `end` or later.
  package mutating func cut(at end: UInt64) { firsts = firsts.filter { $0.value < end } }

  private mutating func makeRoom() {
    while firsts.count > capacity { drop(to: level + 1) }
  }

  private mutating func drop(to level: UInt64) {
    self.level = level
    firsts = firsts.filter { isKept($0.key) }
  }

  private func isKept(_ hash: UInt64) -> Bool { hash & ((1 << level) - 1) == 0 }
}
