/// What should be mapped where, kept by a dictionary's worth of code that knows nothing of page tables.
import Machine
import MirrorMMU
import SecureEPT

struct Oracle {
  /// How one 2M region is mapped for one kind of memory.
  enum Mapping: Equatable {
    case none
    case huge
    case small(Set<Gfn>)

    var gfns: Int {
      switch self {
      case .none: 0
      case .huge: 512
      case .small(let set): set.count
      }
    }
  }

  let policy: Policy
  private var isPrivate: [Gfn: Bool] = [:]
  private let startsPrivate: (Gfn) -> Bool
  private var hugeDisallowed: Set<Gfn> = []
  private(set) var mappings: [Bool: [Gfn: Mapping]] = [true: [:], false: [:]]
  /// Regions whose table NX recovery may zap, longest waiting first.
  private var tracked: [Gfn] = []
  /// Regions with a table that an instruction fetch made: no huge page takes its place.
  private var spared: Set<Gfn> = []
  private var hasDirectRoot = false

  init(_ policy: Policy, regions: Range<Gfn>, kinds: (Gfn) -> (isPrivate: Bool, allowsHuge: Bool)) {
    self.policy = policy
    var starts: Set<Gfn> = []
    for region in regions {
      if kinds(region).isPrivate { starts.insert(region) }
      if !kinds(region).allowsHuge { hugeDisallowed.insert(region) }
    }
    startsPrivate = { [starts] in starts.contains($0 >> 9) }
  }

  func isPrivate(_ gfn: Gfn) -> Bool { isPrivate[gfn] ?? startsPrivate(gfn) }

  func mapping(_ region: Gfn, isPrivate: Bool) -> Mapping { mappings[isPrivate]?[region] ?? .none }

  func isMapped(_ gfn: Gfn, isPrivate: Bool) -> Bool {
    switch mapping(gfn >> 9, isPrivate: isPrivate) {
    case .none: false
    case .huge: true
    case .small(let set): set.contains(gfn)
    }
  }

  private mutating func set(_ region: Gfn, _ isPrivate: Bool, _ mapping: Mapping) {
    mappings[isPrivate, default: [:]][region] = mapping
    if case .small = mapping { return }
    guard !isPrivate else { return }
    tracked.removeAll { $0 == region }
    spared.remove(region)
  }

  private func isUniform(_ region: Gfn, isPrivate: Bool) -> Bool {
    (region << 9..<(region + 1) << 9).allSatisfy { self.isPrivate($0) == isPrivate }
  }

  // MARK: What requests do

  mutating func perform(_ request: Request) {
    let range = request.range
    let gfn = range.lowerBound
    switch request.operation {
    case .fault: fault(gfn, wantsHuge: false, executes: false)
    case .fault2M: fault(gfn, wantsHuge: true, executes: request.draw & 1 == 0)
    case .fastFault, .wrprot, .clearDirty, .age, .touch, .logDirty, .collectDirty: break
    case .zap:
      splitEnds(range)
      zap(range, isPrivate: true)
    case .unmap: zap(range, isPrivate: false)
    case .split: split(range, isPrivate: false)
    case .splitExclusive:
      if policy.mapsHuge { splitPrivate(range) }
      split(range, isPrivate: false)
    case .recover: recover(range)
    case .nxRecover:
      for region in tracked.prefix(1 + Int(request.draw & 3)) { set(region, false, .none) }
    case .convert: convert(range)
    case .invalidate:
      guard hasDirectRoot else { return }
      hasDirectRoot = false
      mappings[false] = [:]
      tracked = []
      spared = []
    case .splitMirror: splitMirror(range)
    case .pruneMirror:
      if case .small = mapping(gfn >> 9, isPrivate: true) { set(gfn >> 9, true, .none) }
    case .plant: break
    case .guest:
      var draws = SplitMix64(state: request.draw)
      for _ in 0..<4 {
        let touched = gfn + draws.below(UInt64(range.count))
        if isMapped(touched, isPrivate: true) { continue }
        return fault(touched, wantsHuge: false, executes: false)
      }
    }
  }

  private mutating func fault(_ gfn: Gfn, wantsHuge: Bool, executes: Bool) {
    let region = gfn >> 9
    let kind = isPrivate(gfn)
    let uniform = isUniform(region, isPrivate: kind)
    let old = mapping(region, isPrivate: kind)
    if !kind { hasDirectRoot = true }
    let isHuge =
      kind
      ? policy.mapsHuge && uniform && !hugeDisallowed.contains(region)
      : wantsHuge && uniform && !executes && !spared.contains(region)
    if isHuge { return set(region, kind, .huge) }
    switch old {
    case .huge: set(region, kind, .small(Set(region << 9..<(region + 1) << 9)))
    case .small(let gfns): set(region, kind, .small(gfns.union([gfn])))
    case .none: set(region, kind, .small([gfn]))
    }
    if case .small = old { return }
    guard !kind && executes else { return }
    spared.insert(region)
    // A huge page was wanted and could have been had: the mitigation alone decided.
    if uniform { tracked.append(region) }
  }

  private mutating func zap(_ range: Range<Gfn>, isPrivate: Bool) {
    for region in range.lowerBound >> 9...(range.upperBound - 1) >> 9 {
      switch mapping(region, isPrivate: isPrivate) {
      case .none: break
      case .huge: set(region, isPrivate, .none)
      case .small(let gfns): set(region, isPrivate, .small(gfns.filter { !range.contains($0) }))
      }
    }
  }

  private mutating func split(_ range: Range<Gfn>, isPrivate: Bool) {
    for region in range.lowerBound >> 9...(range.upperBound - 1) >> 9
    where mapping(region, isPrivate: isPrivate) == .huge {
      set(region, isPrivate, .small(Set(region << 9..<(region + 1) << 9)))
    }
  }

  /// Only what is huge is split, and disallowed from then on.
  private mutating func splitMirror(_ range: Range<Gfn>) {
    for region in range.lowerBound >> 9...(range.upperBound - 1) >> 9
    where mapping(region, isPrivate: true) == .huge { splitPrivate(region << 9..<(region + 1) << 9) }
  }

  private mutating func splitPrivate(_ range: Range<Gfn>) {
    for region in range.lowerBound >> 9...(range.upperBound - 1) >> 9 { hugeDisallowed.insert(region) }
    split(range, isPrivate: true)
  }

  /// Private huge pages across an end of the range are split before it is zapped.
  private mutating func splitEnds(_ range: Range<Gfn>) {
    guard policy.mapsHuge else { return }
    for region in [range.lowerBound >> 9, (range.upperBound - 1) >> 9]
    where range.lowerBound > region << 9 || range.upperBound < (region + 1) << 9 {
      splitPrivate(region << 9..<(region + 1) << 9)
    }
  }

  private mutating func recover(_ range: Range<Gfn>) {
    // A region that begins before the range is not merged.
    for region in (range.lowerBound + 511) >> 9..<(range.upperBound + 511) >> 9
    where isUniform(region, isPrivate: false) {
      if case .small(let gfns) = mapping(region, isPrivate: false), !gfns.isEmpty { set(region, false, .huge) }
    }
  }

  private mutating func convert(_ range: Range<Gfn>) {
    let toPrivate = !isPrivate(range.lowerBound)
    if !toPrivate { splitEnds(range) }
    zap(range, isPrivate: !toPrivate)
    for gfn in range { isPrivate[gfn] = toPrivate }
    for region in range.lowerBound >> 9...(range.upperBound - 1) >> 9
    where !isUniform(region, isPrivate: true) && !isUniform(region, isPrivate: false) {
      hugeDisallowed.insert(region)
    }
    fault(range.lowerBound, wantsHuge: false, executes: false)
  }
}
