/// One round drawn from its seed: which memory is private, where the contention is, what each task does.
///
/// Everything is drawn before the race or from a task's own stream, and nothing depends on how the race goes: equal
/// seeds give equal workloads at any number of cores.
import Machine

package struct RoundPlan {
  package static let hotCount = 8
  package static let warmCount = 4
  package static let coldCount = 64

  package let seed: UInt64
  package let guestPages: UInt64
  /// gfns that everyone wants, by kind of memory at the start; conversions blur the line.
  package let hotPrivate: [Gfn]
  package let hotShared: [Gfn]
  /// 2M regions that are wanted often, so that their tables and parents are shared.
  package let warmPrivate: [Gfn]
  package let warmShared: [Gfn]
  /// The wide cold range: 2M regions all over the guest, each wanted seldom, which keeps tables being made.
  package let cold: [Gfn]
  /// CONFIG_KVM_PROVE_MMU: roots are zapped by whole subtrees instead of from the leaves up.
  package let provesMmu: Bool
  /// Mapped before the race begins.
  package let populated: [Request]

  /// The plan of one round of a run.
  package init(runSeed: UInt64, round: UInt64, guestPages: UInt64) {
    var seeds = SplitMix64(seed: runSeed, .round, index: round)
    seed = seeds.next()
    self.guestPages = guestPages
    var draws = SplitMix64(seed: seed, .layout)
    let regions = guestPages / 512

    provesMmu = draws.next() & 1 == 0
    let roundSeed = seed
    func region(private wanted: Bool) -> Gfn {
      // Three regions in four are private: a few draws find either kind, and a guest without one is no harm.
      for _ in 0..<64 {
        let region = draws.below(regions)
        if RoundPlan.kind(of: Int(region), seed: roundSeed).isPrivate == wanted { return region << 9 }
      }
      return draws.below(regions) << 9
    }
    var warm: [Bool: [Gfn]] = [:]
    var hot: [Bool: [Gfn]] = [:]
    for isPrivate in [true, false] {
      let tables = (0..<Self.warmCount).map { _ in region(private: isPrivate) }
      warm[isPrivate] = tables
      // Half the hot gfns are neighbours in one table, the others stand far apart below shared parents.
      hot[isPrivate] = (0..<Self.hotCount).map { index in
        index % 2 == 0 ? tables[0] + draws.below(16) : tables[index % Self.warmCount] + draws.below(512)
      }
    }
    warmPrivate = warm[true] ?? []
    warmShared = warm[false] ?? []
    hotPrivate = hot[true] ?? []
    hotShared = hot[false] ?? []

    let cold = (0..<Self.coldCount).map { _ in draws.below(regions) << 9 }
    self.cold = cold

    // Some rounds begin with empty roots, so that the upper tables are raced for too.
    let count = draws.next() & 3 == 0 ? 0 : Int(draws.below(256))
    populated = (0..<count).map { _ in
      let table =
        (draws.next() & 1 == 0 ? tables(draws.next() & 1 == 0) : nil) ?? cold[Int(draws.below(UInt64(Self.coldCount)))]
      let operation: Operation = draws.next() & 7 == 0 ? .fault2M : .fault
      let gfn = table + draws.below(512)
      return Request(operation: operation, range: gfn..<(gfn + 1), draw: draws.next())
    }
    func tables(_ isPrivate: Bool) -> Gfn? { warm[isPrivate]?[Int(draws.below(UInt64(Self.warmCount)))] }
  }

  /// Whether a 2M region is private at the start, and whether one page may map it.
  package static func kind(of region: Int, seed: UInt64) -> (isPrivate: Bool, allowsHuge: Bool) {
    var mixer = SplitMix64(state: seed ^ (UInt64(region) &* 0x9e37_79b9_7f4a_7c15))
    let draw = mixer.next()
    return (draw & 3 != 0, draw & 4 != 0)
  }
}
