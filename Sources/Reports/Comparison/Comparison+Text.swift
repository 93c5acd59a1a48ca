/// A comparison as text: for a person and for a job's summary page alike.
extension Comparison {
  /// Headings, a line for each finding, and the verdict.
  package func render() -> String {
    let sections = [
      ("New", new), ("New faults of the harness", newFaults), ("Fixed", fixed), ("Not seen again", notSeenAgain),
      ("Still failing", still), ("Races not met any more", notMetAnyMore), ("Slower", slower), ("Faster", faster),
      ("Not compared", incomparable),
    ]
    let found = sections.filter { !$0.1.isEmpty }.map { title, lines in
      "\(title)\n\n" + lines.map { "- \($0.onOneLine)\n" }.joined() + "\n"
    }
    return found.joined() + verdict + "\n"
  }

  private var verdict: String {
    let records = Figures.counted(compared, "record")
    let others = incomparable.isEmpty ? "" : ", \(incomparable.count) not compared"
    let rest = "in \(records), \(fixed.count) fixed, \(still.count) still failing\(others)"
    if !new.isEmpty { return "NEW: \(Figures.counted(new.count, "failure")) \(rest)" }
    if !newFaults.isEmpty { return "HARNESS FAULT: \(Figures.counted(newFaults.count, "new fault")) \(rest)" }
    if compared == 0 { return "NOTHING COMPARED \(rest)" }
    if let gap = gaps.first {
      let more = gaps.count > 1 ? " and \(gaps.count - 1) more" : ""
      return "INCOMPLETE: nothing new \(rest); of the second: \(gap.onOneLine)\(more)"
    }
    return "NOTHING NEW \(rest)"
  }
}
