/// SplitMix64: the one generator, split by purpose so that a new draw in one place does not shift the others.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
@usableFromInline package struct SplitMix64: Sendable, BitwiseCopyable {
  @usableFromInline var state: UInt64

  @usableFromInline package enum Purpose: UInt64, Sendable {
    case round = 1
    case workload, layout, faults, pauses, resched, episode, schedule, variation
  }

  @inlinable package init(state: UInt64) { self.state = state }

  /// The stream of `seed` for one purpose and one index, for example a task.
  @inlinable package init(seed: UInt64, _ purpose: Purpose, index: UInt64 = 0) {
    var mixer = SplitMix64(state: seed &+ purpose.rawValue &* 0xd1b5_4a32_d192_ed03)
    _ = mixer.next()
    mixer.state ^= index &* 0x9e37_79b9_7f4a_7c15
    state = mixer.next()
  }

  @inlinable @inline(__always) package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// Uniform in 0..<bound, by multiplication; the bias is below 2^-32 for the bounds used here.
  @inlinable @inline(__always) package mutating func below(_ bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }
}
