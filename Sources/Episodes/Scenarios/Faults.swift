/// Faults against faults: the same gfn, neighbours below missing tables, and what comes before a VM's end.
import Machine

extension EpisodeDraft {
  /// All threads want the same private gfn, then the next one. The tables above it are missing, there in part, or
  /// complete.
  mutating func drawFaultFault() {
    let tables = draws.below(3)
    // A neighbour's table stays a table where no 2M page may take its place.
    let region = addRegion(isPrivate: true, allowsHuge: tables != 2 && oneIn(2))
    var gfns = [gfn(in: region)]
    if tables == 1 {
      let other = addRegion(isPrivate: true, allowsHuge: oneIn(2))
      populate(request(.fault, gfn(in: other)))
      gfns.append(gfn(in: other))
    } else if tables == 2 {
      populate(request(.fault, neighbour(of: gfns[0])))
    }
    gfns.append(neighbour(of: gfns[0]))
    cast([{ [gfns] draft, index in draft.request(.fault, gfns[index % gfns.count]) }])
  }

  /// Every thread wants a gfn of its own, and all of them the tables that they share.
  mutating func drawFaultNeighbours() {
    let kind = draws.below(3)
    let first = addRegion(isPrivate: kind != 1, allowsHuge: oneIn(4))
    var gfns = [gfn(in: first)]
    gfns.append(neighbour(of: gfns[0]))
    if oneIn(2) {
      let second = addRegion(isPrivate: kind == 0, allowsHuge: oneIn(4))
      gfns += [gfn(in: second), neighbour(of: gfns[1])]
    }
    if oneIn(4) { populate(request(.fault, pick(gfns))) }
    var next = draws.below(UInt64(gfns.count))
    cast([
      { [gfns] draft, _ in
        next += 1
        return draft.request(draft.oneIn(8) ? .fault2M : .fault, gfns[Int(next) % gfns.count])
      }
    ])
  }

  /// Faults of both kinds leave tables that the VM's end takes down, whole subtrees at a time where that is asked for.
  mutating func drawTeardown() {
    let isPrivate = oneIn(2)
    let first = addRegion(isPrivate: isPrivate, allowsHuge: oneIn(2))
    let second = addRegion(isPrivate: !isPrivate, allowsHuge: oneIn(2))
    let gfns = [gfn(in: first), gfn(in: second), gfn(in: first)]
    if oneIn(2) { populate(request(.fault, gfns[2])) }
    change { $0.endsInTeardown = true }
    if oneIn(2) { change { $0.provesMmu = true } }
    let shift = Int(draws.below(3))
    cast([
      { draft, index in draft.request(.fault, gfns[index % 3]) },
      { draft, index in
        draft.oneIn(8) ? draft.hugeFault(gfns[index % 2]) : draft.request(.fault, gfns[(index + shift) % 3])
      },
      { draft, _ in draft.request(draft.oneIn(4) ? .zap : .fault, draft.pick(gfns)) },
    ])
  }
}
