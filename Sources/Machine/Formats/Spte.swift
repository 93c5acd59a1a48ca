/// The 64-bit shadow page-table entry as KVM lays it out for EPT (`arch/x86/kvm/mmu/spte.h`).
///
/// Plain functions on `UInt64`, named as the kernel names them. They stand below every other target because the
/// checkers read SPTEs without trusting the subject's opinion of them.
@usableFromInline package typealias Gfn = UInt64
@usableFromInline package typealias SptePointer = UnsafeMutablePointer<UInt64>

@usableFromInline package enum Spte {
  package static let readable: UInt64 = 1 << 0
  @usableFromInline package static let writable: UInt64 = 1 << 1
  package static let executable: UInt64 = 1 << 2
  package static let rwx: UInt64 = readable | writable | executable
  @usableFromInline package static let pageSize: UInt64 = 1 << 7
  package static let accessed: UInt64 = 1 << 8
  @usableFromInline package static let dirty: UInt64 = 1 << 9
  @usableFromInline package static let mmuPresent: UInt64 = 1 << 11
  package static let hostWritable: UInt64 = 1 << 53
  @usableFromInline package static let mmuWritable: UInt64 = 1 << 55
  @usableFromInline package static let baseAddress: UInt64 = ((1 << 52) - 1) & ~0xfff

  /// Bits of a leaf that are set without mmu_lock: W by a fast page fault, D by the processor. Accessed does not count,
  /// as in the kernel.
  @usableFromInline package static let volatile: UInt64 = writable | dirty

  /// Suppress #VE and nothing else: what an empty entry holds.
  @usableFromInline package static let nonpresent: UInt64 = 1 << 63
  /// Non-present, owned by whoever wrote it. Others must not modify it; a fault that meets it retries.
  @usableFromInline package static let frozen: UInt64 = nonpresent | 0x1a0
  /// What a freed table is filled with. Not present, not frozen, and no value the protocol can write.
  @usableFromInline package static let poison: UInt64 = 0x5aa5_dead_dead_0600

  package static let entriesPerTable = 512
  package static let maxLevel = 4

  @inlinable @inline(__always) package static func isShadowPresent(_ spte: UInt64) -> Bool { spte & mmuPresent != 0 }
  /// Also as the entries of a kernel up to Linux 7.1 have it, which sets another ignored bit beside.
  @inlinable @inline(__always) package static func isFrozen(_ spte: UInt64) -> Bool { spte & ~(1 << 10) == frozen }
  @inlinable @inline(__always) package static func isLarge(_ spte: UInt64) -> Bool { spte & pageSize != 0 }
  @inlinable @inline(__always) package static func isLast(_ spte: UInt64, _ level: Int) -> Bool {
    level == 1 || isLarge(spte)
  }
  @inlinable @inline(__always) package static func isLeaf(_ spte: UInt64, _ level: Int) -> Bool {
    isShadowPresent(spte) && isLast(spte, level)
  }
  @inlinable @inline(__always) package static func isNonLeaf(_ spte: UInt64, _ level: Int) -> Bool {
    isShadowPresent(spte) && !isLast(spte, level)
  }
  @inlinable @inline(__always) package static func isWritable(_ spte: UInt64) -> Bool { spte & writable != 0 }
  @inlinable @inline(__always) package static func isMmuWritable(_ spte: UInt64) -> Bool { spte & mmuWritable != 0 }
  @inlinable @inline(__always) package static func pfn(_ spte: UInt64) -> UInt64 { (spte & baseAddress) >> 12 }

  /// 4K pages that one entry of `level` maps: 1, 512, 262144, …
  @inlinable @inline(__always) package static func pages(_ level: Int) -> UInt64 { 1 << UInt64(9 * (level - 1)) }
  @inlinable @inline(__always) package static func index(_ gfn: Gfn, _ level: Int) -> Int {
    Int((gfn >> UInt64(9 * (level - 1))) & 511)
  }
  @inlinable @inline(__always) package static func round(_ gfn: Gfn, _ level: Int) -> Gfn { gfn & ~(pages(level) - 1) }

  /// True if `volatile` bits of the entry may be set at any time, so that an update must not clobber them.
  @inlinable @inline(__always) package static func needsAtomicUpdate(_ spte: UInt64) -> Bool {
    if !isWritable(spte) && isMmuWritable(spte) { return true }
    return isWritable(spte) && spte & dirty == 0
  }
}
