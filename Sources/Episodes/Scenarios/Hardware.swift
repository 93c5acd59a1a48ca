/// The processor sets A and D bits whenever it likes: against aging, clearing, write-protection and zaps.
import Machine

extension EpisodeDraft {
  mutating func drawHardwareAd() {
    let region = addRegion(isPrivate: false)
    let hot = region + draws.below(8)
    let near = region + draws.below(8)
    populate(oneIn(6) ? hugeFault(hot) : request(.fault, hot))
    if oneIn(2) { populate(request(.fault, near)) }
    // A fault maps with D set: only what was cleared can be set again.
    let isProtected = oneIn(3)
    if isProtected { populate(request(.wrprot, hot)) }
    if !oneIn(4) { populate(request(.clearDirty, region..<(region + 8))) }
    let changes: [Operation] = [
      .unmap, .unmap, .unmap, .wrprot, .wrprot, .clearDirty, .clearDirty, .age, .split, .splitExclusive,
    ]
    var isInvalidated = false
    cast([
      { draft, index in
        index % 3 == 2 && isProtected ? draft.request(.fastFault, hot) : draft.request(.touch, hot)
      },
      { draft, index in
        if index % 3 == 2 { return draft.request(.fault, hot) }
        let change = draft.pick(changes)
        switch change {
        case .split, .splitExclusive: return draft.request(change, draft.region(of: region))
        default: return draft.request(change, draft.range(around: hot, width: 2))
        }
      },
      { draft, _ in
        switch draft.draws.below(6) {
        case 0: return draft.request(.fastFault, draft.pick([hot, near]))
        case 1: return draft.request(.age, draft.range(around: hot, width: 2))
        case 2: return draft.request(.clearDirty, near)
        case 3 where !isInvalidated && draft.oneIn(4):
          isInvalidated = true
          return draft.request(.invalidate, hot)
        default: return draft.request(.touch, draft.pick([hot, near]))
        }
      },
    ])
  }
}
