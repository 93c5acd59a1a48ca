/// What looks wrong in the kernel and cannot be reached in it today: dirty logging of memory that may be private.
///
/// Lock assertions are silent there, as in a kernel without CONFIG_PROVE_LOCKING: the first would be all there is.
import Machine

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
