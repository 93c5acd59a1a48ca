/// Aging and fast page faults hold RCU alone: every change of the direct root has to reckon with them.
import Machine

extension EpisodeDraft {
  mutating func drawLockless() {
    let region = addRegion(isPrivate: false)
    let hot = region + draws.below(8)
    let near = region + draws.below(8)
    populate(oneIn(6) ? hugeFault(hot) : request(.fault, hot))
    if oneIn(2) { populate(request(.fault, near)) }
    // What a fast page fault has to do.
    let isProtected = oneIn(2)
    if isProtected { populate(request(.wrprot, hot)) }
    let lockless: [Operation] = isProtected ? [.fastFault, .fastFault, .age] : [.age, .age, .fastFault]
    let changes: [Operation] = [.unmap, .unmap, .unmap, .unmap, .unmap, .wrprot, .clearDirty, .recover]
    cast([
      { draft, index in draft.lockless(index % 3 == 2 ? draft.pick(lockless) : lockless[0], hot) },
      { draft, index in
        let change = draft.pick(changes)
        guard change != .recover else { return draft.request(.recover, draft.region(of: region)) }
        return index % 3 == 2 ? draft.request(.fault, hot) : draft.request(change, draft.range(around: hot, width: 2))
      },
      { draft, _ in draft.lockless(draft.pick(lockless), draft.pick([hot, near])) },
      { draft, _ in draft.request(draft.pick([.wrprot, .clearDirty, .fault, .unmap]), near) },
    ])
  }

  private mutating func lockless(_ operation: Operation, _ gfn: Gfn) -> Request {
    operation == .age ? request(.age, range(around: gfn, width: 2)) : request(operation, gfn)
  }
}
