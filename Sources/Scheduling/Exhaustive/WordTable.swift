/// The words of one episode, each with its last access on the path that a search is on.
struct WordTable {
  private var addresses: UnsafeMutablePointer<UInt>
  private var slots: UnsafeMutablePointer<Int32>
  private var mask: Int
  private(set) var count = 0
  /// By slot: the last access, -1 if there is none.
  private var last = Pile<Int32>()

  init() {
    mask = 1023
    addresses = .allocate(capacity: 1024)
    slots = .allocate(capacity: 1024)
    slots.initialize(repeating: -1, count: 1024)
  }

  func deallocate() {
    addresses.deallocate()
    slots.deallocate()
    last.deallocate()
  }

  mutating func removeAll() {
    slots.update(repeating: -1, count: mask + 1)
    last.truncate(to: 0)
    count = 0
  }

  @inline(__always) mutating func slot(_ address: UInt) -> Int32 {
    var index = Int(truncatingIfNeeded: (address >> 2) &* 0x9e37_79b9_7f4a_7c15 >> 32) & mask
    while slots[index] >= 0 {
      if addresses[index] == address { return slots[index] }
      index = (index &+ 1) & mask
    }
    if _slowPath(count * 2 > mask) {
      grow()
      return slot(address)
    }
    addresses[index] = address
    slots[index] = Int32(truncatingIfNeeded: count)
    count &+= 1
    last.append(-1)
    return slots[index]
  }

  @inline(never) private mutating func grow() {
    let (oldAddresses, oldSlots, oldCount) = (addresses, slots, mask + 1)
    mask = 2 * oldCount - 1
    addresses = .allocate(capacity: 2 * oldCount)
    slots = .allocate(capacity: 2 * oldCount)
    slots.initialize(repeating: -1, count: 2 * oldCount)
    for old in 0..<oldCount where oldSlots[old] >= 0 {
      var index = Int(truncatingIfNeeded: (oldAddresses[old] >> 2) &* 0x9e37_79b9_7f4a_7c15 >> 32) & mask
      while slots[index] >= 0 { index = (index &+ 1) & mask }
      addresses[index] = oldAddresses[old]
      slots[index] = oldSlots[old]
    }
    oldAddresses.deallocate()
    oldSlots.deallocate()
  }

  @inline(__always) func lastAccess(_ slot: Int32) -> Int32 { last[Int(slot)] }
  @inline(__always) func setLastAccess(_ slot: Int32, _ access: Int32) { last[Int(slot)] = access }
}
