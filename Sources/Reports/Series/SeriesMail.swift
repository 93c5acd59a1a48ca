/// A series as a block to paste into a reply: what was run in two lines, findings by patch number and subject, the
/// shortest interleaving, the command that repeats it, and what all of it does not say.
import Records

struct SeriesMail {
  let record: SeriesRecord
  private var width: Int { MailReport.columns }

  var sections: [[String]] {
    [opening] + findings + [others, ran, unseen, faults, closing]
  }

  private var opening: [String] {
    let base = record.commits.first.map { "\($0.commit.prefix(12))" } ?? "?"
    let linux = record.version.map { ", Linux \($0)" } ?? ""
    let pairs = "pairs of operations, \(Figures.grouped(record.executions)) executions each"
    return [
      "stress ran \(Figures.counted(record.count, "patch").replacing("patchs", with: "patches")) on \(base)\(linux):",
      "\(pairs), \(Figures.grouped(record.schedules)) schedules.",
    ]
  }

  /// The one with the fewest steps to read.
  private var shortest: SeriesRecord.Failure? {
    record.breaking.flatMap(\.breaks).filter { $0.interleaving != nil }
      .min { steps($0) < steps($1) }
  }

  private func steps(_ failure: SeriesRecord.Failure) -> Int {
    failure.interleaving?.rows.count { $0.matters } ?? .max
  }

  private var findings: [[String]] {
    record.commits.filter { !$0.breaks.isEmpty || !$0.mends.isEmpty || $0.state == .doesNotBuild }.map(finding)
  }

  private func finding(_ commit: SeriesRecord.Commit) -> [String] {
    let name = commit.number == 0 ? "base" : "PATCH \(record.place(commit.number))"
    var lines = TextWrap.hanging("[\(name)] ", commit.subject.onOneLine, width: width)
    if commit.state == .doesNotBuild {
      return lines + TextWrap.hanging("  does not build: ", commit.reason.onOneLine, width: width)
    }
    lines += commit.mends.map { "  mends \($0.checker) of \(record.place($0.number))" }
    for failure in commit.breaks {
      lines += TextWrap.hanging("  breaks \(failure.checker): ", failure.rule.onOneLine, width: width)
      lines += TextWrap.hanging("  seen: ", failure.seen.onOneLine, width: width)
      lines += TextWrap.hanging("  found ", record.found(failure).onOneLine, width: width)
      if failure == shortest, let interleaving = failure.interleaving {
        lines +=
          [""] + InterleavingText(interleaving, title: "Interleaving", checker: failure.checker, full: false).lines
      }
      if let replay = record.replay(failure) {
        let at = failure.foundAt == commit.number ? "With it" : "With all up to \(record.place(failure.foundAt))"
        lines += ["", "\(at) applied in linux, this shows it again:", replay]
      }
    }
    return lines
  }

  private var others: [String] {
    let rest = record.commits.dropFirst().filter {
      $0.breaks.isEmpty && $0.mends.isEmpty && $0.state != .doesNotBuild
    }
    var groups: [(words: String, places: [String])] = []
    for commit in rest {
      let words = record.words(commit)
      if let index = groups.firstIndex(where: { $0.words == words }) {
        groups[index].places.append("\(commit.number)")
      } else {
        groups.append((words, ["\(commit.number)"]))
      }
    }
    return groups.flatMap {
      TextWrap.hanging("\($0.words): ", $0.places.joined(separator: ", "), width: width)
    }
  }

  private var ran: [String] {
    record.linesNotes.flatMap { TextWrap.hanging("\($0.place) ", $0.text, width: width) }
  }

  private static let mostUnseen = 8

  private var unseen: [String] {
    let lines = record.unseenLines
    guard !lines.isEmpty else { return [] }
    let more = lines.count > Self.mostUnseen ? ["  and \(lines.count - Self.mostUnseen) more"] : []
    return ["Changed, and not seen by this:"]
      + lines.prefix(Self.mostUnseen).flatMap { TextWrap.hanging("  ", $0.onOneLine, width: width) } + more
  }

  private var faults: [String] { record.harnessFaults.map { "harness fault: \($0)" } }

  private var closing: [String] { TextWrap.hanging("Scope: ", SeriesRecord.limits + ".", width: width) }
}
