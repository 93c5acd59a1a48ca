/// What of a kernel's world is part of its state and no plain copy of memory.
import Machine

extension KernelVM {
  /// Which objects there are. Who freed one, and when, is for reports.
  func tellSlots(_ hash: inout StateHash) {
    let place = UInt(bitPattern: slots)
    for slot in 1..<max(1, Int(pool.pointee.nextUnused)) {
      hash.add(place &+ UInt(slot), UInt64(slots[slot].page) | UInt64(slots[slot].next) << 32)
      hash.add(place &+ UInt(slot + capacity), UInt64(slots[slot].size) | (slots[slot].isTracked ? 1 << 16 : 0))
    }
  }
}
