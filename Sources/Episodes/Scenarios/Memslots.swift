/// What changes a memory slot under slots_lock: zaps of all roots, conversions, and dirty logging from its beginning to
/// its end.
import Machine

extension EpisodeDraft {
  /// Whoever deletes a slot invalidates the roots and zaps them, one at a time: vCPUs load new roots meanwhile.
  mutating func drawMemslot() {
    let region = addRegion(isPrivate: false, allowsHuge: oneIn(2))
    let other = addRegion(isPrivate: oneIn(2), allowsHuge: oneIn(2))
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if !oneIn(4) { populate(oneIn(4) ? hugeFault(near) : request(.fault, near)) }
    // Each takes whole tables down: one by each of two threads makes them meet.
    var zaps = 0
    func zap(_ draft: inout EpisodeDraft) -> Request {
      zaps += 1
      return draft.request(.invalidate, hot)
    }
    cast([
      { draft, index in index == 0 && zaps < 2 ? zap(&draft) : draft.request(.fault, draft.pick([hot, near])) },
      { draft, index in
        if index == 0 && zaps < 2 && draft.oneIn(2) { return zap(&draft) }
        return draft.request(.convert, draft.range(around: draft.oneIn(2) ? hot : other, width: 3))
      },
      { draft, index in draft.request(.fault, index % 2 == 0 ? hot : near) },
      { draft, _ in
        draft.oneIn(2)
          ? draft.request(.unmap, draft.range(around: hot, width: 4)) : draft.request(.fastFault, near)
      },
    ])
  }

  /// Logging is of the whole slot, which is shared memory alone.
  mutating func drawDirtyLogging() {
    let region = addRegion(isPrivate: false, allowsHuge: oneIn(2))
    let hot = region + draws.below(8)
    let near = region + draws.below(8)
    populate(oneIn(3) ? hugeFault(hot) : request(.fault, hot))
    if oneIn(2) { populate(request(.fault, near)) }
    // Half of the episodes begin while it is on.
    let isOn = oneIn(2)
    if isOn {
      populate(logDirty(on: true))
      // In the log, and for the processor to set D in.
      populate(request(.fault, hot))
      if oneIn(2) { populate(request(.clearDirty, hot)) }
    }
    let toggles = [!isOn, isOn]
    cast([
      { draft, index in
        index % 2 == 1 ? draft.collect(region) : draft.logDirty(on: toggles[(index / 2) % 2])
      },
      { draft, index in
        switch draft.draws.below(6) {
        case 0: draft.request(.fastFault, hot)
        case 1, 2: draft.request(.touch, hot)
        case 3: draft.hugeFault(draft.pick([hot, near]))
        default: draft.request(.fault, index % 2 == 0 ? hot : near)
        }
      },
      { draft, _ in
        switch draft.draws.below(8) {
        case 0: draft.request(.unmap, draft.range(around: hot, width: 3))
        case 1: draft.collect(region)
        case 2: draft.logDirty(on: draft.oneIn(2))
        case 3: draft.request(.age, draft.range(around: hot, width: 2))
        case 4: draft.request(.clearDirty, draft.range(around: hot, width: 2))
        default: draft.request(draft.pick([.fault, .fastFault, .touch]), draft.pick([hot, near]))
        }
      },
    ])
  }

  private mutating func logDirty(on: Bool) -> Request {
    var request = request(.logDirty, 0..<episode.guestPages)
    request.draw = request.draw & ~1 | (on ? 0 : 1)
    return request
  }

  private mutating func collect(_ region: Gfn) -> Request { request(.collectDirty, self.region(of: region)) }
}
