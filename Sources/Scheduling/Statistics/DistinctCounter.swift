/// How many different executions there were, in memory that does not grow with their number.
///
/// The count is exact while the set holds all hashes. When it is full, those whose next low bit is set are dropped and
/// no such hash is taken in from then on: each that is left stands for twice as many. What is left depends on the set
/// of hashes alone, not on their order.
package struct DistinctCounter {
  package static let defaultWindow: UInt64 = 100_000

  private var slots: [UInt64]
  private var used = 0
  /// Low bits that a hash must have clear to be in the set.
  private var level: UInt64 = 0
  private var seenZero = false
  private var window: UInt64
  private var inWindow: UInt64 = 0
  private var newInWindow: UInt64 = 0
  private var lastShare = 1.0
  private var lastWindow: UInt64 = 0

  /// - Parameters:
  ///   - capacity: hashes kept at most; a power of two.
  ///   - window: executions over which the share of new ones is told.
  package init(capacity: Int = 1 << 21, window: UInt64 = defaultWindow) {
    limit = capacity
    slots = [UInt64](repeating: 0, count: min(1 << 12, 2 * capacity))
    self.window = window
  }

  private let limit: Int

  package var isExact: Bool { level == 0 }
  package var count: UInt64 { (UInt64(used) + (seenZero ? 1 : 0)) << level }
  /// Of the last `windowSize` executions, the share that no earlier one was equal to.
  package var newShare: Double {
    if lastWindow > 0 { return lastShare }
    return inWindow == 0 ? 0 : min(1, Double(newInWindow) / Double(inWindow))
  }
  /// How many executions `newShare` is about.
  package var windowSize: UInt64 { lastWindow > 0 ? lastWindow : inWindow }

  package mutating func insert(_ hash: UInt64) {
    inWindow += 1
    if isKept(hash) {
      let weight = UInt64(1) << level
      if isNew(hash) { newInWindow += weight }
    }
    if inWindow == window {
      lastShare = min(1, Double(newInWindow) / Double(inWindow))
      lastWindow = inWindow
      inWindow = 0
      newInWindow = 0
    }
  }

  private mutating func isNew(_ hash: UInt64) -> Bool {
    guard hash != 0 else {
      defer { seenZero = true }
      return !seenZero
    }
    var index = place(hash)
    while slots[index] != 0 {
      if slots[index] == hash { return false }
      index = (index + 1) & (slots.count - 1)
    }
    slots[index] = hash
    used += 1
    if used > limit || used * 2 > slots.count { makeRoom() }
    return true
  }

  private func place(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash &* 0x9e37_79b9_7f4a_7c15) >> 20) & (slots.count - 1)
  }

  /// Keeps the table at most half full, and at most `limit` hashes in it: the first level at which those of all that
  /// came fit.
  private mutating func makeRoom() {
    let old = slots
    var size = old.count
    if used > limit {
      repeat {
        level += 1
        used = old.count { $0 != 0 && isKept($0) }
      } while used > limit
    } else {
      size *= 2
    }
    slots = [UInt64](repeating: 0, count: size)
    for hash in old where hash != 0 && isKept(hash) {
      var index = place(hash)
      while slots[index] != 0 { index = (index + 1) & (slots.count - 1) }
      slots[index] = hash
    }
  }

  private func isKept(_ hash: UInt64) -> Bool { hash & ((1 << level) - 1) == 0 }
}
