/// Episodes without a plot: what nobody thought of. Sizes, flags and the mix of operations are drawn for each episode,
/// so that some have much of little and some little of much. And `micro`, which has no plot either.
import Machine

extension EpisodeDraft {
  /// Operations with their share, in arbitrary units. Those that take tables down cost most, and come seldom.
  private static let weights: [(operation: Operation, weight: Int)] = [
    (.fault, 30), (.fault2M, 8), (.fastFault, 6), (.zap, 12), (.unmap, 8), (.split, 4), (.splitExclusive, 3),
    (.recover, 3), (.nxRecover, 3), (.wrprot, 4), (.clearDirty, 3), (.age, 6), (.convert, 6), (.invalidate, 1),
    (.guest, 8),
  ]

  mutating func drawRandom() {
    for _ in 0...draws.below(oneIn(4) ? 16 : 3) {
      _ = addRegion(isPrivate: !oneIn(3), allowsHuge: oneIn(2))
    }
    let regions = UInt64(episode.regions.count)
    let hot = (0...draws.below(5)).map { _ in gfn(in: draws.below(regions) << 9) }

    let populated: [Operation] = [.fault, .fault, .fault, .fault2M, .fault2M, .wrprot]
    for _ in 0..<draws.below(6) {
      let operation = pick(populated)
      populate(request(operation, pick(hot)))
    }

    // Each operation is in or out, fault as the last resort.
    var mix: [Operation] = []
    for (operation, weight) in Self.weights where oneIn(2) {
      mix += Array(repeating: operation, count: weight)
    }
    if mix.isEmpty { mix = [.fault] }
    let used = threads < 2 ? 1 : 2 + Int(draws.below(UInt64(threads - 1)))
    for _ in 0..<used {
      let count = 1 + Int(draws.below(UInt64(operations)))
      let requests = (0..<count).map { _ in random(pick(mix), pick(hot)) }
      change { $0.threads.append(requests) }
    }
  }

  private mutating func random(_ operation: Operation, _ gfn: Gfn) -> Request {
    switch operation {
    case .fault, .fault2M, .fastFault, .nxRecover, .invalidate, .touch: request(operation, gfn)
    case .split, .splitExclusive, .recover, .splitMirror, .pruneMirror, .plant, .logDirty, .collectDirty:
      request(operation, region(of: gfn))
    case .guest: request(operation, range(around: gfn, width: 4))
    case .zap, .unmap, .convert, .wrprot, .clearDirty, .age:
      request(operation, oneIn(32) ? region(of: gfn) : range(around: gfn, width: 8))
    }
  }

  /// Threads times iterations on one SPTE; what a request says beyond being one iteration means nothing.
  mutating func drawMicro() {
    let iteration = Request(operation: .fault, range: 0..<1, draw: 0)
    change { [threads, operations] in
      $0 = Episode(
        subject: .micro, scenario: ScenarioName.micro.rawValue, policy: .fourK,
        regions: [Episode.Region(isPrivate: true, allowsHuge: false)],
        threads: Array(repeating: Array(repeating: iteration, count: operations), count: threads))
    }
  }
}
