/// Faults against what replaces or removes whole tables: splits, recoveries, a root's end.
import Machine

extension EpisodeDraft {
  /// A fault on a 4K page meets a huge page that others are splitting: on the direct root everyone splits, on the
  /// mirror root, where it holds any, only who holds the lock for write.
  mutating func drawFaultSplit() {
    if policy.mapsHuge && oneIn(2) { return drawExclusiveMirrorSplit() }
    let region = addRegion(isPrivate: false)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    populate(hugeFault(hot))
    cast([
      { draft, index in index % 4 == 3 ? draft.hugeFault(hot) : draft.request(.fault, hot) },
      { draft, _ in draft.request(.split, draft.region(of: hot)) },
      { draft, index in
        draft.oneIn(3)
          ? draft.yieldingUnmap(draft.range(around: hot, width: 3)) : draft.request(.fault, index % 2 == 0 ? near : hot)
      },
      { draft, _ in draft.request(.splitExclusive, draft.region(of: hot)) },
    ])
  }

  private mutating func drawExclusiveMirrorSplit() {
    let region = addRegion(isPrivate: true, allowsHuge: true)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    // A fault that finds the region empty maps it whole, whether it races with the split or not.
    if !oneIn(4) { populate(request(.fault, near)) }
    cast([
      { draft, _ in draft.request(.fault, hot) },
      { draft, index in
        index % 2 == 0
          ? draft.request(.splitExclusive, draft.region(of: hot))
          : draft.request(.zap, draft.range(around: hot, width: 3))
      },
      { draft, _ in draft.request(draft.oneIn(3) ? .guest : .fault, near) },
      { draft, _ in draft.request(.zap, draft.range(around: near, width: 3)) },
    ])
  }

  mutating func drawFaultNxRecover() {
    let region = addRegion(isPrivate: false)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if !oneIn(4) { populate(executingFault(hot)) }
    cast([
      { draft, index in index % 2 == 0 ? draft.nxRecover() : draft.executingFault(hot) },
      { draft, index in index % 3 == 2 ? draft.request(.fault, near) : draft.executingFault(draft.pick([hot, near])) },
      { draft, _ in
        switch draft.draws.below(4) {
        case 0: draft.hugeFault(near)
        case 1: draft.request(.age, draft.range(around: hot, width: 2))
        default: draft.request(.fault, near)
        }
      },
    ])
  }

  /// One table a time, most often.
  private mutating func nxRecover() -> Request {
    var request = request(.nxRecover, 0)
    if !oneIn(4) { request.draw &= ~3 }
    return request
  }

  /// The first leaf of the table is what the huge page is made from, so the pages stand near its beginning.
  mutating func drawFaultRecover() {
    let region = addRegion(isPrivate: false)
    let gfns = [region + draws.below(4), region + draws.below(4), region + draws.below(512)]
    for gfn in gfns.dropLast() { populate(request(.fault, gfn)) }
    cast([
      { draft, index in
        index % 2 == 0 ? draft.request(.recover, draft.region(of: region)) : draft.request(.fault, gfns[0])
      },
      { draft, _ in draft.request(.fault, draft.pick(gfns)) },
      { draft, index in
        switch draft.draws.below(3) {
        case 0: draft.request(.age, region..<(region + 4))
        case 1: draft.request(.clearDirty, region..<(region + 4))
        default: draft.request(.fault, gfns[index % gfns.count])
        }
      },
    ])
  }

  /// A recovery looks at the attributes and at the invalidation in progress; a split then gives back, page by page,
  /// what the unmap has zapped already. Both have to come while one unmap yields.
  mutating func drawRecoverUnmap() {
    let region = addRegion(isPrivate: false)
    let range = region..<(region + 2 + draws.below(3))
    populate(request(.fault, region))
    // Something is left to make the huge page from once the unmap has begun.
    populate(request(.fault, region + 1 + draws.below(5)))
    change { $0.mayYield = true }
    cast([
      { draft, index in index % 3 == 2 ? draft.request(.fault, range.lowerBound) : draft.yieldingUnmap(range) },
      { draft, index in draft.request(index % 2 == 0 ? .recover : .split, draft.region(of: region)) },
      { draft, index in draft.request(index % 2 == 0 ? .split : .recover, draft.region(of: region)) },
    ])
  }

  /// The root goes once a thread at most: taking its tables down is the longest operation there is. Who walks it
  /// meanwhile may yield, and is no vCPU that would keep it, where its thread begins with that.
  mutating func drawFaultInvalidate() {
    let region = addRegion(isPrivate: false)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if oneIn(4) { populate(hugeFault(near)) } else { populate(request(.fault, near)) }
    change { $0.mayYield = true }
    var isInvalidated = false
    cast([
      { draft, index in
        guard index == 0, !isInvalidated else { return draft.request(.fault, hot) }
        isInvalidated = true
        return draft.request(.invalidate, hot)
      },
      { draft, index in draft.request(.fault, index % 3 == 2 ? near : hot) },
      { draft, index in
        switch draft.draws.below(3) {
        case 0: draft.request(.age, draft.range(around: near, width: 2))
        case 2 where index > 0: draft.request(.fastFault, near)
        default: draft.yieldingUnmap(draft.range(around: near, width: 3))
        }
      },
    ])
  }

  /// No plot but the life of a page table: a fault, a split or the NX mitigation makes it, a huge page takes its place,
  /// a zap or a recovery takes it away, and a processor walks it meanwhile.
  mutating func drawTables() {
    let region = addRegion(isPrivate: false)
    let gfns = [region + draws.below(8), region + draws.below(8), gfn(in: region)]
    switch draws.below(4) {
    case 0: break
    case 1: populate(hugeFault(gfns[0]))
    case 2: populate(executingFault(gfns[0]))
    default: populate(request(.fault, gfns[0]))
    }
    if oneIn(2) { populate(request(.fault, gfns[1])) }
    var isInvalidated = false
    cast([
      { draft, _ in
        let hot = draft.pick(gfns)
        switch draft.draws.below(16) {
        case 0, 1, 12, 13: return draft.executingFault(hot)
        case 2: return draft.hugeFault(hot)
        case 3, 4, 5: return draft.request(.fault, hot)
        case 6, 7, 14: return draft.request(.recover, draft.region(of: region))
        case 8: return draft.request(.split, draft.region(of: region))
        case 9: return draft.request(.splitExclusive, draft.region(of: region))
        case 10: return draft.nxRecover()
        case 11: return draft.yieldingUnmap(draft.range(around: hot, width: 4))
        case 15 where !isInvalidated && draft.oneIn(4):
          isInvalidated = true
          return draft.request(.invalidate, hot)
        default: return draft.request(.touch, hot)
        }
      }
    ])
  }
}
