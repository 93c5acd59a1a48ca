/// The 64-bit shadow page-table entry as KVM lays it out for EPT (`arch/x86/kvm/mmu/spte.h`).
///
/// Plain functions on `UInt64`, named as the kernel names them. They stand below every other target because the
/// checkers read SPTEs without trusting the subject's opinion of them.
@usableFromInline package typealias Gfn = UInt64
@usableFromInline package typealias SptePointer = UnsafeMutablePointer<UInt64>

@usableFromInline package enum Spte {
  @inlinable package static var readable: UInt64 { 1 << 0 }
  @inlinable package static var writable: UInt64 { 1 << 1 }
  @inlinable package static var executable: UInt64 { 1 << 2 }
  @inlinable package static var rwx: UInt64 { readable | writable | executable }
  @inlinable package static var pageSize: UInt64 { 1 << 7 }
  @inlinable package static var accessed: UInt64 { 1 << 8 }
  @inlinable package static var dirty: UInt64 { 1 << 9 }
  @inlinable package static var mmuPresent: UInt64 { 1 << 11 }
  @inlinable package static var hostWritable: UInt64 { 1 << 53 }
  @inlinable package static var mmuWritable: UInt64 { 1 << 55 }
  @inlinable package static var baseAddress: UInt64 { ((1 << 52) - 1) & ~0xfff }

  /// Bits of a leaf that are set without mmu_lock: W by a fast page fault, D by the processor. Accessed does not count,
  /// as in the kernel.
  @inlinable package static var volatile: UInt64 { writable | dirty }

  /// Suppress #VE and nothing else: what an empty entry holds.
  @inlinable package static var nonpresent: UInt64 { 1 << 63 }
  /// Non-present, owned by whoever wrote it. Others must not modify it; a fault that meets it retries.
  @inlinable package static var frozen: UInt64 { nonpresent | 0x1a0 }
  /// What a freed table is filled with. Not present, not frozen, and no value the protocol can write.
  @inlinable package static var poison: UInt64 { 0x5aa5_dead_dead_0600 }

  @inlinable package static var entriesPerTable: Int { 512 }
  @inlinable package static var maxLevel: Int { 4 }

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
