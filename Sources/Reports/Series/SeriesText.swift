import Records

/// A series for a person to read: a row a commit, and below what was found.
package struct SeriesText {
  private let record: SeriesRecord

  package init(_ record: SeriesRecord) { self.record = record }

  /// The whole report, ending in a newline.
  package func render() -> String { Self.join([header, table, notes] + failures + [faults, [record.verdictLine]]) }

  /// What `--quiet` leaves.
  package func renderQuietly() -> String { Self.join([table] + failures + [faults, [record.verdictLine]]) }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.map(\.onOneLine).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private var width: Int { TextWidth.of(120) }

  var header: [String] {
    let compilers = record.commits.lazy.map(\.builds).first { !$0.isEmpty } ?? []
    return [
      "series     \(record.range), \(Figures.counted(record.count, "commit"))",
      "repository \(record.repository)" + (record.version.map { ", Linux \($0)" } ?? ""),
    ] + TextWrap.hanging("run        ", record.scope, width: width)
      + compilers.map { "compiler   \($0.compiler)" }
      + [
        "time       \(Figures.fixed(record.timing.elapsedSeconds, digits: 1)) s with "
          + Figures.counted(record.timing.jobs, "job")
          + (record.timing.found.contains { $0 > 0 } ? "" : ", all of it known before")
      ]
  }

  private static let widestSubject = 40

  var table: [String] {
    var table = TextTable([
      .init(title: "patch", alignment: .right), .init(title: "commit"), .init(title: "verdict", wraps: true),
      .init(title: "states", alignment: .right), .init(title: "distinct", alignment: .right),
      .init(title: "time", alignment: .right), .init(title: "subject"),
    ])
    for (index, commit) in record.commits.enumerated() {
      let seconds = index < record.timing.commits.count ? record.timing.commits[index] : 0
      table.add([
        record.place(commit.number), String(commit.commit.prefix(12)), record.words(commit),
        commit.pairs.map { Figures.grouped($0.states) } ?? "-",
        commit.schedules.map { Figures.grouped($0.distinct) } ?? "-", "\(Figures.fixed(seconds, digits: 1)) s",
        Self.cut(commit.subject, Self.widestSubject),
      ])
    }
    return table.lines(width: width)
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    let text = text.onOneLine
    return text.count <= width ? text : String(text.prefix(width - 1)).trimmingTrailingSpaces() + "~"
  }

  /// What a row has no room for.
  var notes: [String] {
    var lines: [String] = []
    for commit in record.commits where !commit.demands.isEmpty {
      lines += TextWrap.hanging(
        "\(record.place(commit.number)) ", "needs what its parent did not: " + commit.demands.joined(separator: ", "),
        width: width)
    }
    for note in record.linesNotes {
      lines += TextWrap.hanging("\(note.place) ", note.text, width: width)
    }
    let unseen = record.unseenLines
    if !unseen.isEmpty {
      lines.append("Outside what this can see:")
      lines += unseen.prefix(Self.mostNotes).flatMap { TextWrap.hanging("  ", $0, width: width) }
      if unseen.count > Self.mostNotes { lines.append("  and \(unseen.count - Self.mostNotes) more, see the record") }
    }
    return lines
  }

  private static let mostNotes = 20

  /// A block for each failure.
  var failures: [[String]] {
    record.commits.flatMap { commit in commit.breaks.map { block(commit, $0) } }
  }

  private func block(_ commit: SeriesRecord.Commit, _ failure: SeriesRecord.Failure) -> [String] {
    let place = record.place(commit.number)
    var lines = ["\(place) breaks \(failure.checker): \(commit.subject)", ""]
    lines += TextWrap.hanging("rule       ", failure.rule, width: width)
    lines.append("found      \(record.found(failure))" + (failure.foundAt == commit.number ? "" : later(failure)))
    lines += TextWrap.hanging("expected   ", failure.expected, width: width)
    lines += TextWrap.hanging("seen       ", failure.seen, width: width)
    if let interleaving = failure.interleaving {
      lines += [""] + InterleavingText(interleaving, title: "Interleaving", checker: failure.checker, full: false).lines
    }
    lines.append("")
    if let replay = record.replay(failure) {
      let at = failure.foundAt == 0 ? record.commits[0] : record.commits[min(failure.foundAt, record.count)]
      lines.append("with \(at.commit.prefix(12)) checked out in linux:")
      lines.append("replay: \(replay)")
    } else {
      lines.append("no token repeats it")
    }
    return lines
  }

  private func later(_ failure: SeriesRecord.Failure) -> String {
    ", first seen at \(record.place(failure.foundAt)), and broken here as well"
  }

  var faults: [String] { record.harnessFaults.map { "harness fault: \($0)" } }
}
