/// From the path that was executed to the next: the last decision for which there is something left.

extension ExhaustiveSearch {
  /// - Returns: false if there is none.
  mutating func backtrack() -> Bool {
    while nodes.count > 0 {
      let place = nodes.count - 1
      let node = nodes[place]
      if node.isQuestion {
        if node.mayFlip {
          keepFootprint(ofQuestion: place)
          nodes.base[place].mayFlip = false
          nodes.base[place].answer = true
          goBack(to: Int(node.step))
          return true
        }
      } else {
        fallAsleep(place)
        let left = nodes[place].wanted & ~nodes[place].asleep & nodes[place].enabled
        if left != 0 {
          nodes.base[place].task = Int32(left.trailingZeroBitCount)
          nodes.base[place].otherFirst = 0
          nodes.base[place].otherEnd = 0
          nodes.base[place].otherIsChange = false
          nodes.base[place].otherAwaitsAny = false
          goBack(to: Int(node.step))
          return true
        }
      }
      sleepers.truncate(to: Int(node.firstSleeper))
      footprints.truncate(to: Int(node.footprints))
      nodes.truncate(to: place)
    }
    return false
  }

  private mutating func goBack(to step: Int) {
    forget(from: max(step, 0))
    valid = max(step, 0)
  }

  /// What the step touched until it was asked, and after the answer no, it may touch when it is chosen again.
  private mutating func keepFootprint(ofQuestion place: Int) {
    var owner = place - 1
    while owner >= 0 && nodes[owner].isQuestion { owner -= 1 }
    guard owner >= 0, nodes[owner].step == nodes[place].step, Int(nodes[owner].step) < records.count else { return }
    let start = footprints.count
    footprints.append(copyOf: Int(nodes[owner].otherFirst)..<Int(nodes[owner].otherEnd))
    let step = Int(nodes[owner].step)
    for index in accessRange(of: step) { footprints.append(accesses[index]) }
    nodes.base[owner].otherFirst = Int32(truncatingIfNeeded: start)
    nodes.base[owner].otherEnd = Int32(truncatingIfNeeded: footprints.count)
    nodes.base[owner].otherIsChange = nodes[owner].otherIsChange || records[step].isChange
    nodes.base[owner].otherAwaitsAny = nodes[owner].otherAwaitsAny || records[step].awaitsAny
    // The question's own part of the memory begins behind that.
    nodes.base[place].footprints = Int32(truncatingIfNeeded: footprints.count)
  }

  /// All that begins with the chosen task's step has been executed.
  private mutating func fallAsleep(_ place: Int) {
    let node = nodes[place]
    let step = Int(node.step)
    nodes.base[place].asleep |= 1 << UInt64(node.task)
    guard reduces, step < records.count else { return }
    let start = footprints.count
    footprints.append(copyOf: Int(node.otherFirst)..<Int(node.otherEnd))
    for index in accessRange(of: step) { footprints.append(accesses[index]) }
    sleepers.append(
      Sleeper(
        task: node.task, first: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: footprints.count),
        isChange: node.otherIsChange || records[step].isChange,
        awaitsAny: node.otherAwaitsAny || records[step].awaitsAny))
  }
}
