import Records

/// The size of an execution in words: `2 threads, 2 operations, 23 steps, 1 preemption`.
enum SizeText {
  static func render(_ size: RunRecord.Size) -> String {
    [
      Figures.counted(size.threads, "thread"), Figures.counted(size.operations, "operation"),
      Figures.counted(size.steps, "step"), Figures.counted(size.preemptions, "preemption"),
    ].joined(separator: ", ")
  }

  /// What a schedule was when it was found and what minimising left of it, a paragraph each.
  static func lines(_ reproduction: RunRecord.Reproduction) -> [String] {
    let found = "found: \(render(reproduction.found));"
    guard let minimized = reproduction.minimized else { return [found, "not minimised"] }
    let end =
      reproduction.isMinimal
      ? "1-minimal" + (reproduction.hasFewestPreemptions == true ? ", no schedule with fewer preemptions" : "")
      : "budget used up after \(Figures.counted(reproduction.minimizingExecutions, "execution"))"
    return [found, "minimised: \(render(minimized)) (\(end))"]
  }
}
