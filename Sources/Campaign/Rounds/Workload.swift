/// A task's stream of requests within a round.
import Machine

package struct Workload {
  private static let slots = 1024

  let hot: (shared: UnsafeMutablePointer<Gfn>, private: UnsafeMutablePointer<Gfn>)
  let warm: (shared: UnsafeMutablePointer<Gfn>, private: UnsafeMutablePointer<Gfn>)
  private let cold: UnsafeMutablePointer<Gfn>
  /// The mix as a table: a draw of ten bits is an operation.
  private let table: UnsafeMutablePointer<Operation>
  private var guestPages: UInt64 = 0
  /// The round's.
  private(set) var seed: UInt64 = 0
  /// Every other zap and conversion covers whole 2M regions, so that huge private pages last.
  private let keepsHuge: Bool
  let isDisjoint: Bool
  private let isForKernel: Bool
  /// Some memory is private.
  let hasMirrorRoots: Bool

  /// The workload of a configuration; `prepare` sets the round.
  package init(_ configuration: SoakConfiguration) {
    keepsHuge = configuration.policy.mapsHuge
    isDisjoint = configuration.isDisjoint
    isForKernel = configuration.subject.isKernel
    hasMirrorRoots = configuration.subject.hasMirrorRoots
    func memory(_ count: Int) -> UnsafeMutablePointer<Gfn> {
      let memory = UnsafeMutablePointer<Gfn>.allocate(capacity: count)
      memory.initialize(repeating: 0, count: count)
      return memory
    }
    hot = (memory(RoundPlan.hotCount), memory(RoundPlan.hotCount))
    warm = (memory(RoundPlan.warmCount), memory(RoundPlan.warmCount))
    cold = memory(RoundPlan.coldCount)
    table = UnsafeMutablePointer<Operation>.allocate(capacity: Self.slots)
    table.initialize(repeating: .fault, count: Self.slots)
    fillTable(configuration.mix)
  }

  package func deallocate() {
    hot.shared.deallocate()
    hot.private.deallocate()
    warm.shared.deallocate()
    warm.private.deallocate()
    cold.deallocate()
    table.deallocate()
  }

  /// Gives each operation its share of the slots, and at least one if its weight is above 0.
  private func fillTable(_ mix: OperationMix) {
    let total = mix.weights.reduce(0, +)
    let used = Operation.allCases.filter { mix.weights[Int($0.rawValue)] > 0 }
    var counts = used.map { max(1, mix.weights[Int($0.rawValue)] * Self.slots / total) }
    // Rounding goes to, or comes from, the operation with the most slots.
    let largest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
    counts[largest] += Self.slots - counts.reduce(0, +)
    var slot = 0
    for (operation, count) in zip(used, counts) {
      for _ in 0..<count {
        table[slot] = operation
        slot += 1
      }
    }
  }

  /// Readies the workload for a round. No task may run.
  package mutating func prepare(_ plan: RoundPlan) {
    guestPages = plan.guestPages
    seed = plan.seed
    hot.private.update(from: plan.hotPrivate, count: RoundPlan.hotCount)
    hot.shared.update(from: plan.hotShared, count: RoundPlan.hotCount)
    cold.update(from: plan.cold, count: RoundPlan.coldCount)
    warm.private.update(from: plan.warmPrivate, count: RoundPlan.warmCount)
    warm.shared.update(from: plan.warmShared, count: RoundPlan.warmCount)
  }

  /// Draws the next request of a task's stream.
  @inline(__always) package func next(_ draws: inout SplitMix64, task: Int) -> Request {
    let word = draws.next()
    let operation = table[Int(word & UInt64(Self.slots - 1))]
    let wantsPrivate =
      switch operation {
      case .zap, .guest, .splitMirror, .pruneMirror, .plant: true
      case .unmap, .split, .recover, .nxRecover, .wrprot, .clearDirty, .age, .fastFault, .invalidate, .touch,
        .logDirty, .collectDirty:
        false
      case .fault, .fault2M, .splitExclusive, .convert: word & 1 << 10 == 0
      }
    var place = draws.next()
    // A conversion leaves its 2M region mixed, and no huge page is allowed there any more: the warm tables 2 and 3 are
    // spared, so that huge pages are made, split and recovered all round long.
    if operation == .convert { place &= ~(place & 15 < 8 ? 1 << 4 : 2 << 4) }
    let gfn = isDisjoint ? ownGfn(place, task: task) : gfn(place, isPrivate: wantsPrivate)
    let request = Request(operation: operation, range: range(operation, gfn, word >> 11), draw: word >> 24)
    return isForKernel ? fitting(request) : request
  }

  /// Half of all draws want a hot gfn, three in ten a warm table, the rest the wide cold range.
  @inline(__always) private func gfn(_ word: UInt64, isPrivate: Bool) -> Gfn {
    switch word & 15 {
    case 0..<8: return (isPrivate ? hot.private : hot.shared)[Int((word >> 4) & 7)]
    case 8..<13: return (isPrivate ? warm.private : warm.shared)[Int((word >> 4) & 3)] + ((word >> 6) & 511)
    default: return cold[Int((word >> 4) & 63)] + ((word >> 10) & 511)
    }
  }

  /// The same shares within the task's own GiB.
  private func ownGfn(_ word: UInt64, task: Int) -> Gfn {
    let base = UInt64(task) << 18 % guestPages
    switch word & 15 {
    case 0..<8: return base + ((word >> 4) & 7)
    case 8..<13: return base + 512 + ((word >> 4) & 2047)
    default: return base + ((word >> 4) & 63) << 12 + ((word >> 10) & 511)
    }
  }

  @inline(__always) private func range(_ operation: Operation, _ gfn: Gfn, _ word: UInt64) -> Range<Gfn> {
    let length: UInt64
    switch operation {
    case .fault, .fault2M, .fastFault, .nxRecover, .invalidate, .touch: return gfn..<(gfn + 1)
    case .split, .splitExclusive, .recover, .splitMirror, .pruneMirror, .plant, .logDirty, .collectDirty:
      let start = Spte.round(gfn, 2)
      return start..<(start + 512)
    case .guest: length = 1 + (word >> 4) & 15
    case .zap, .convert:
      guard keepsHuge && word & 1 << 20 == 0 else { return range(.unmap, gfn, word) }
      let start = Spte.round(gfn, 2)
      return start..<(start + 512)
    case .unmap, .wrprot, .clearDirty, .age:
      switch word & 15 {
      case 0..<8: length = 1
      case 8..<13: length = 1 + (word >> 4) & 7
      case 13..<15: length = 1 + (word >> 4) & 63
      default:
        let start = Spte.round(gfn, 2)
        return start..<(start + 512)
      }
    }
    return gfn..<min(gfn + length, guestPages)
  }
}
