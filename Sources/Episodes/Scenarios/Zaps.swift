/// Faults against what takes their mapping away: zaps, unmaps, conversions, and guests that use it meanwhile.
import Machine

extension EpisodeDraft {
  mutating func drawFaultZap() {
    let region = addRegion(isPrivate: true)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if oneIn(2) { populate(request(.fault, hot)) }
    if oneIn(3) { populate(request(.fault, near)) }
    cast([
      { draft, index in draft.request(.fault, index % 3 == 2 ? near : hot) },
      { draft, _ in draft.request(.zap, draft.range(around: hot, width: 4)) },
      { draft, _ in draft.request(.fault, near) },
    ])
  }

  mutating func drawFaultUnmap() {
    let region = addRegion(isPrivate: false)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if oneIn(4) { populate(hugeFault(hot)) } else if !oneIn(4) { populate(request(.fault, hot)) }
    if oneIn(2) { populate(request(.fault, near)) }
    if !oneIn(4) { change { $0.mayYield = true } }
    cast([
      { draft, index in draft.request(.fault, index % 3 == 2 ? near : hot) },
      { draft, _ in
        let range = draft.range(around: hot, width: 6)
        return draft.oneIn(4) ? draft.request(.unmap, range) : draft.yieldingUnmap(range)
      },
      { draft, _ in draft.oneIn(4) ? draft.hugeFault(hot) : draft.request(.fault, near) },
    ])
  }

  /// The first gfn of a conversion's range decides its direction when it runs.
  mutating func drawFaultConvert() {
    let isPrivate = oneIn(2)
    let region = addRegion(isPrivate: isPrivate, allowsHuge: oneIn(2))
    if oneIn(3) { _ = addRegion(isPrivate: oneIn(2), allowsHuge: oneIn(2)) }
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if oneIn(2) { populate(request(.fault, hot)) }
    if oneIn(3) { populate(request(.fault, near)) }
    cast([
      { draft, _ in draft.request(.convert, draft.range(around: hot, width: 4)) },
      { draft, index in draft.request(.fault, index % 3 == 2 ? near : hot) },
      { draft, _ in
        draft.oneIn(2)
          ? draft.request(.convert, draft.range(around: near, width: 3))
          : draft.request(isPrivate ? .zap : .unmap, draft.range(around: hot, width: 3))
      },
      { draft, _ in draft.request(draft.oneIn(4) ? .fault2M : .fault, near) },
    ])
  }

  /// The guest's translations outlive their pages unless TRACK and the kicks see to it.
  mutating func drawGuestZap() {
    let region = addRegion(isPrivate: true)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if !oneIn(4) { populate(request(.fault, hot)) }
    if oneIn(2) { populate(request(.fault, near)) }
    cast([
      { draft, _ in draft.guest(around: hot) },
      { draft, index in draft.request(index % 3 == 2 ? .fault : .zap, draft.range(around: hot, width: 2)) },
      { draft, _ in
        draft.oneIn(2)
          ? draft.guest(around: hot) : draft.request(.convert, draft.range(around: hot, width: 2))
      },
      { draft, _ in draft.request(draft.oneIn(2) ? .fault : .zap, near) },
    ])
  }

  /// A guest that keeps to few gfns, and is suspected of single-stepping more often than by chance.
  mutating func guest(around gfn: Gfn) -> Request {
    var request = request(.guest, range(around: gfn, width: 2))
    if oneIn(4) { request.draw &= ~15 }
    return request
  }

  /// BUSY where it hurts, and little else: at the SEAMCALLs of faults, which must undo, and of zaps, which must not.
  mutating func drawBusy() {
    let region = addRegion(isPrivate: true, allowsHuge: oneIn(2))
    let hot = gfn(in: region)
    if oneIn(2) { populate(request(.fault, oneIn(2) ? hot : neighbour(of: hot))) }
    let near = neighbour(of: hot)
    change {
      $0.injectsBusy = true
      $0.mayYield = false
    }
    cast([
      { draft, _ in draft.request(.fault, hot) },
      { draft, index in
        index % 2 == 0 ? draft.request(.zap, draft.range(around: hot, width: 2)) : draft.request(.fault, near)
      },
      { draft, _ in draft.request(.fault, near) },
    ])
  }

  /// The TD is dead, as after a machine check: each SEAMCALL fails, and the kernel marks the VM bugged. What its vCPUs
  /// are about comes to an end all the same. No zaps of private memory: what the exclusive lock removes from the mirror
  /// cannot leave the S-EPT, which is known.
  mutating func drawDying() {
    let region = addRegion(isPrivate: true, allowsHuge: oneIn(2))
    let shared = addRegion(isPrivate: false, allowsHuge: oneIn(2))
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if oneIn(2) { populate(request(.fault, near)) }
    change {
      $0.endsInTeardown = false
      $0.injectsBusy = false
      $0.tdIsDead = true
    }
    cast([
      { draft, _ in draft.request(.fault, hot) },
      { draft, index in draft.request(.fault, index % 2 == 0 ? near : shared) },
      { draft, _ in
        switch draft.draws.below(4) {
        case 0: draft.request(.fault, hot)
        case 1: draft.request(.unmap, draft.range(around: shared, width: 2))
        case 2: draft.request(.age, draft.range(around: shared, width: 2))
        default: draft.request(.fault, draft.pick([near, shared]))
        }
      },
    ])
  }
}
