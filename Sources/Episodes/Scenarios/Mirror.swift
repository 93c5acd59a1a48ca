/// What upstream does not do to the mirror root: splits and removals under the read lock, and a huge page that the
/// policy could not have mapped.
import Machine

extension EpisodeDraft {
  /// Whoever splits, everyone else is about to use the page.
  mutating func drawMirrorSplit() {
    let region = addRegion(isPrivate: true, allowsHuge: true)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if !oneIn(4) { populate(request(.fault, near)) }
    cast([
      { draft, index in
        index % 3 == 2 ? draft.request(.fault, hot) : draft.request(.splitMirror, draft.region(of: hot))
      },
      { draft, _ in draft.oneIn(3) ? draft.guest(around: hot) : draft.request(.fault, hot) },
      { draft, _ in
        switch draft.draws.below(4) {
        case 0: draft.request(.splitExclusive, draft.region(of: hot))
        case 1: draft.request(.zap, draft.oneIn(2) ? draft.region(of: hot) : draft.range(around: near, width: 3))
        default: draft.request(.splitMirror, draft.region(of: hot))
        }
      },
      { draft, _ in draft.oneIn(2) ? draft.guest(around: near) : draft.request(.fault, near) },
    ])
  }

  /// Faults set children of the very table that goes. Where a huge page is allowed, it may take the table's place.
  mutating func drawMirrorPrune() {
    let allowsHuge = oneIn(4)
    let region = addRegion(isPrivate: true, allowsHuge: allowsHuge)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    populate(request(.fault, oneIn(2) ? hot : near))
    cast([
      { draft, index in
        if allowsHuge && index == 0 { return draft.request(.splitMirror, draft.region(of: hot)) }
        return index % 3 == 1 ? draft.request(.fault, near) : draft.request(.pruneMirror, draft.region(of: hot))
      },
      { draft, index in draft.request(.fault, index % 3 == 2 ? near : hot) },
      { draft, _ in
        switch draft.draws.below(4) {
        case 0: draft.guest(around: hot)
        case 1: draft.request(.zap, draft.range(around: hot, width: 2))
        case 2: draft.request(.fault, near)
        default: draft.request(.pruneMirror, draft.region(of: hot))
        }
      },
    ])
  }

  /// One operation meets the page, all others are beside it. Only where the external side stands shared splits does one
  /// of them come, and may 4K faults meet the page.
  mutating func drawPlanted() {
    let splitsShared = policy == .hugeShared
    let region = addRegion(isPrivate: true, allowsHuge: !splitsShared || oneIn(2))
    let beside = gfn(in: addRegion(isPrivate: true, allowsHuge: oneIn(2)))
    populate(request(.plant, self.region(of: region)))
    let second: Operation = splitsShared ? .splitMirror : .splitExclusive
    let change = pick([.splitExclusive, second])
    let hot = gfn(in: region)
    let gfns = splitsShared ? [beside, hot] : [beside]
    cast([
      { draft, index in
        index == 0 ? draft.request(change, draft.region(of: region)) : draft.request(.fault, beside)
      },
      { draft, _ in draft.request(.fault, draft.pick(gfns)) },
      { draft, _ in draft.request(draft.oneIn(4) ? .zap : .fault, beside) },
    ])
  }
}
