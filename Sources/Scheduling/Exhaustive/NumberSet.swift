/// A set of numbers: the hashes of states, or addresses. Open addressing, no removal of one.
struct NumberSet {
  private var numbers: UnsafeMutablePointer<UInt64>
  private var mask: Int
  private(set) var count = 0
  private var hasZero = false

  init() {
    mask = 4095
    numbers = .allocate(capacity: 4096)
    numbers.initialize(repeating: 0, count: 4096)
  }

  func deallocate() { numbers.deallocate() }

  mutating func removeAll() {
    if mask > 1 << 16 {
      deallocate()
      self = NumberSet()
      return
    }
    numbers.update(repeating: 0, count: mask + 1)
    count = 0
    hasZero = false
  }

  @inline(__always) func contains(_ number: UInt64) -> Bool {
    guard number != 0 else { return hasZero }
    var index = Self.place(number) & mask
    while numbers[index] != 0 {
      if numbers[index] == number { return true }
      index = (index &+ 1) & mask
    }
    return false
  }

  /// Addresses are no hashes: they are alike in their lower bits.
  @inline(__always) private static func place(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) >> 17)
  }

  /// - Returns: false if it was there.
  mutating func insert(_ number: UInt64) -> Bool {
    guard number != 0 else {
      defer { hasZero = true }
      if !hasZero { count += 1 }
      return !hasZero
    }
    var index = Self.place(number) & mask
    while numbers[index] != 0 {
      if numbers[index] == number { return false }
      index = (index &+ 1) & mask
    }
    numbers[index] = number
    count &+= 1
    if count * 2 > mask { grow() }
    return true
  }

  private mutating func grow() {
    let (old, oldCount) = (numbers, mask + 1)
    mask = 2 * oldCount - 1
    numbers = .allocate(capacity: mask + 1)
    numbers.initialize(repeating: 0, count: mask + 1)
    for place in 0..<oldCount where old[place] != 0 {
      var index = Self.place(old[place]) & mask
      while numbers[index] != 0 { index = (index &+ 1) & mask }
      numbers[index] = old[place]
    }
    old.deallocate()
  }
}
