/// What looks wrong in the kernel and cannot be reached in it today, or comes to an end by luck.
///
/// Of memory that may be private dirty logging is one: lock assertions are silent there, as in a kernel without
/// CONFIG_PROVE_LOCKING, since the first would be all there is.
import Machine
import MirrorMMU

extension EpisodeDraft {
  mutating func drawSuspectWrprot() {
    let (region, hot, near) = drawSuspect()
    cast([
      { draft, _ in draft.suspect(region, hot) },
      { draft, index in draft.request(index % 2 == 0 ? .fault : .zap, near) },
      { draft, _ in draft.oneIn(2) ? draft.suspect(region, near) : draft.request(.fault, near) },
    ])
  }

  /// No zaps: what the exclusive lock removes from the mirror cannot leave the S-EPT of a dead TD, which is known.
  mutating func drawSuspectEio() {
    let (_, hot, near) = drawSuspect()
    change {
      $0.endsInTeardown = false
      $0.injectsBusy = false
      $0.tdIsDead = true
    }
    cast([
      { draft, _ in draft.request(.wrprot, draft.range(around: hot, width: 2)) },
      { draft, _ in draft.request(.fault, near) },
      { draft, _ in draft.request(.fault, draft.pick([hot, near])) },
    ])
  }

  /// The fault is told to try again by its obsolete root, which only the way back into the guest would replace.
  mutating func drawSuspectRetry() {
    let region = addRegion(isPrivate: true, allowsHuge: false)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    if oneIn(2) { populate(request(.fault, near)) }
    change { $0.lacksInterrupts = true }
    cast([
      { draft, _ in draft.request(.fault, hot) },
      { draft, _ in draft.request(.invalidate, hot) },
      { draft, _ in draft.request(.fault, near) },
    ])
  }

  private mutating func drawSuspect() -> (region: Gfn, hot: Gfn, near: Gfn) {
    let region = addRegion(isPrivate: true, allowsHuge: false)
    let hot = gfn(in: region)
    let near = neighbour(of: hot)
    populate(request(.fault, hot))
    if oneIn(2) { populate(request(.fault, near)) }
    change { $0.assertsLocks = false }
    return (region, hot, near)
  }

  private mutating func suspect(_ region: Gfn, _ gfn: Gfn) -> Request {
    switch draws.below(4) {
    case 0: request(.clearDirty, range(around: gfn, width: 2))
    case 1: request(.recover, self.region(of: region))
    default: request(.wrprot, range(around: gfn, width: 3))
    }
  }
}
