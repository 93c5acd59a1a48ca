import Records

/// A comparison for a person to read: the first difference with both traces side by side, the classes if more than one
/// episode differs, and the verdict as the last line.
package struct DiffText {
  package static var width: Int { TextWidth.of(120) }

  private let record: DiffRecord

  package init(_ record: DiffRecord) { self.record = record }

  /// The whole report, ending in a newline.
  package func render() -> String { Self.join([header, difference, classes, faults, footer, unseen, [verdict]]) }

  /// What `--quiet` leaves: the difference, the classes, the faults of the harness and the verdict line.
  package func renderQuietly() -> String { Self.join([difference, classes, faults, unseen, [verdict]]) }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.map(\.onOneLine).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private var unseen: [String] { UnseenText.lines(record.kernel, width: Self.width) }

  private var modelName: String { record.model + (record.mutant.map { ", mutant \($0)" } ?? "") }
  private var kernelName: String { record.kernel.map { "Linux \($0.version)" } ?? "mainline" }

  private var header: [String] {
    let tree = record.kernel.map { ", tree \($0.tree), \($0.path)" } ?? ""
    return [
      "seed       \(record.seed)", "model      \(modelName), policy 4k", "kernel     \(kernelName)\(tree)",
      "episodes   scenario \(record.scenario), \(Figures.counted(record.threads, "thread")) with "
        + "\(Figures.counted(record.operationsPerThread, "operation")) each, one after the other",
    ] + TextReport.origin(record.kernel, record.build).map { "           \($0)" }
  }

  // MARK: The difference

  private var difference: [String] {
    guard let difference = record.difference else { return [] }
    let size =
      "\(Figures.counted(difference.foundOperations, "operation")) as found, "
      + "\(difference.shownOperations) as shown"
    var lines = [
      "Difference", "",
      "episode    \(difference.episode), scenario \(difference.scenario); \(size)",
      "class      \(difference.class)",
      "memory     " + difference.regions.joined(separator: ", "),
    ]
    if !difference.flags.isEmpty { lines.append("flags      " + difference.flags.joined(separator: ", ")) }
    lines += difference.before.enumerated().map { ($0.offset == 0 ? "before     " : "           ") + $0.element }
    lines += ["differs    \(difference.operation)", ""]
    lines += table(difference)
    lines += ["", "\"r\" and \"w\": with mmu_lock held for read or for write; > the first line that differs, * others"]
    return lines + ["", "again: \(difference.command)"]
  }

  private func table(_ difference: DiffRecord.Difference) -> [String] {
    var table = TextTable([
      .init(title: " "), .init(title: "model: \(modelName)", wraps: true),
      .init(title: "kernel: \(kernelName)", wraps: true),
    ])
    for (index, line) in shown(difference) {
      guard let line else {
        table.add(["", "\(Figures.counted(index, "more line"))", ""])
        continue
      }
      table.add([index == difference.firstLine ? ">" : line.isAlike ? "" : "*", line.model, line.kernel])
    }
    return table.lines(width: Self.width)
  }

  private static let (before, after) = (12, 24)

  /// What is near the first difference; in place of what is left out a count of lines.
  private func shown(_ difference: DiffRecord.Difference) -> [(Int, DiffRecord.Difference.Line?)] {
    let lines = Array(difference.lines.enumerated()).map { ($0.offset, Optional($0.element)) }
    let start = max(0, difference.firstLine - Self.before)
    let end = min(lines.count, difference.firstLine + 1 + Self.after)
    var shown = Array(lines[start..<end])
    if start > 0 { shown.insert((start, nil), at: 0) }
    if end < lines.count { shown.append((lines.count - end, nil)) }
    return shown
  }

  // MARK: The rest

  private var classes: [String] {
    guard record.classes.count > 1 || record.differing > 1 else { return [] }
    var table = TextTable([
      .init(title: "episodes", alignment: .right), .init(title: "first", alignment: .right),
      .init(title: "what differs first, model / kernel", wraps: true),
    ])
    for entry in record.classes { table.add(["\(entry.episodes)", "\(entry.firstEpisode)", entry.name]) }
    return ["Episodes that differ, by class", ""] + table.lines(width: Self.width)
  }

  private var faults: [String] { record.harnessFaults.map { "harness fault: \($0)" } }

  private var footer: [String] {
    let text =
      "\(Figures.counted(record.episodes, "episode")), \(Figures.counted(record.operations, "operation")), "
      + "\(Figures.counted(record.steps, "step")) compared in "
      + "\(Figures.fixed(record.timing.elapsedSeconds, digits: 1)) s "
      + "(\(Figures.rate(record.timing.episodesPerSecond)) episodes/s). "
      + "Not compared are the model's limits, see docs/kernel.md: \(record.limits.joined(separator: ", "))"
    return TextWrap.hanging("", text, width: Self.width)
  }

  private var verdict: String {
    let count = Figures.counted(record.episodes, "episode")
    switch record.verdict {
    case .harnessFault:
      return "HARNESS FAULT \(Figures.counted(record.harnessFaults.count, "fault")), so this comparison says nothing"
    case .differs:
      let number = record.difference.map { ", the first is \($0.episode)" } ?? ""
      return "DIFFERS \(Figures.counted(record.differing, "episode")) of \(Figures.grouped(record.episodes))\(number), "
        + "seed \(record.seed)"
    case .alike:
      if record.interrupted { return "INTERRUPTED after \(count); no difference so far" }
      return "ALIKE \(count), seed \(record.seed); sampled, not a proof"
        + UnseenText.suffix(record.kernel)
    }
  }
}
