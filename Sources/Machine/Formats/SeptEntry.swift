/// The secure EPT's entry: what the TDX module keeps for one gfn at one level.
///
/// The layout is this emulation's own; the states are the module's. A blocked entry remembers the TD epoch in which it
/// was blocked, as the module does, so that removal can be refused until no vCPU may still hold the translation.
@usableFromInline package enum SeptEntry {
  @usableFromInline package enum State: UInt64, Sendable {
    case free, nonLeaf, mapped, pending, blocked, pendingBlocked
    /// A table that is blocked: no walk goes through it any more.
    case nonLeafBlocked
  }

  /// Held by a SEAMCALL or TDCALL while it works on the entry; a second one answers BUSY.
  @inlinable package static var lock: UInt64 { 1 << 0 }
  @usableFromInline static let stateShift: UInt64 = 1
  @usableFromInline static let stateMask: UInt64 = 7 << 1
  @usableFromInline static let pfnMask: UInt64 = ((1 << 44) - 1) & ~0xfff
  @usableFromInline static let epochShift: UInt64 = 44

  /// What a table that the module has just taken holds in all 512 entries.
  @inlinable package static var free: UInt64 { 0 }

  @inlinable @inline(__always) package static func make(_ state: State, pfn: UInt64) -> UInt64 {
    (state.rawValue << stateShift) | (pfn << 12)
  }
  @inlinable @inline(__always) package static func state(_ entry: UInt64) -> State {
    State(rawValue: (entry & stateMask) >> stateShift) ?? .free
  }
  @inlinable @inline(__always) package static func pfn(_ entry: UInt64) -> UInt64 { (entry & pfnMask) >> 12 }
  @inlinable @inline(__always) package static func isLocked(_ entry: UInt64) -> Bool { entry & lock != 0 }
  @inlinable @inline(__always) package static func isLeaf(_ entry: UInt64) -> Bool {
    switch state(entry) {
    case .mapped, .pending, .blocked, .pendingBlocked: true
    case .free, .nonLeaf, .nonLeafBlocked: false
    }
  }
  @inlinable @inline(__always) package static func isTable(_ entry: UInt64) -> Bool {
    state(entry) == .nonLeaf || state(entry) == .nonLeafBlocked
  }
  /// The low 20 bits of the TD epoch in which the entry was blocked.
  @inlinable @inline(__always) package static func blockEpoch(_ entry: UInt64) -> UInt64 { entry >> epochShift }
  @inlinable @inline(__always) package static func with(_ entry: UInt64, state: State, epoch: UInt64 = 0) -> UInt64 {
    (entry & pfnMask) | (state.rawValue << stateShift) | (epoch << epochShift)
  }
}
