/// What a report says of single commits of a series, in words that all forms share.
import Records

extension SeriesRecord {
  /// `4/12`, or `base`.
  func place(_ number: Int) -> String { number == 0 ? "base" : "\(number)/\(count)" }

  /// The verdict of a commit.
  func words(_ commit: Commit) -> String {
    switch commit.state {
    case .doesNotBuild: return "does not build (\(reason(commit)))"
    case .notAffected: return "not affected"
    case .merge: return "merge, passed over"
    case .notRun: return "not run"
    case .harnessFault: return "harness fault"
    case .notReadable: return "not readable"
    case .tried: break
    }
    let parts =
      commit.mends.map { "mends \($0.checker.onOneLine) of \(place($0.number))" }
      + commit.breaks.map { "breaks \($0.checker.onOneLine)" }
      + commit.stillBroken.map { "still broken since \(place($0.number))" }
    // A clean verdict over lines that were never compiled says so.
    let unseen = commit.unseen.isEmpty ? "" : ", \(Figures.counted(commit.unseen.count, "change")) not seen"
    return parts.isEmpty
      ? "ok" + unseen + (linesWords(commit).map { ", \($0)" } ?? "") : Self.unique(parts).joined(separator: "; ")
  }

  /// `14 of 16 changed lines ran`; nil where nothing was counted, or no line of code has changed.
  func linesWords(_ commit: Commit) -> String? {
    guard let lines = commit.lines, !lines.isEmpty else { return nil }
    return "\(lines.count - commit.linesNotRun.count) of \(Figures.counted(lines.count, "changed line")) ran"
  }

  private static let mostLines = 12

  /// Of each commit whose changed lines were counted: how many ran, and which did not.
  var linesNotes: [(place: String, text: String)] {
    commits.compactMap { commit in
      guard let words = linesWords(commit) else { return nil }
      let missing = commit.linesNotRun
      let named = missing.prefix(Self.mostLines).map { line in
        let file = line.file.split(separator: "/").last.map(String.init) ?? line.file
        return "\(file.onOneLine):\(line.line) (`\(line.text.onOneLine)`)"
      }
      let more = missing.count > Self.mostLines ? ", and \(missing.count - Self.mostLines) more" : ""
      return (place(commit.number), words + (named.isEmpty ? "" : "; not: " + named.joined(separator: ", ") + more))
    }
  }

  /// The end of a verdict that would else speak for lines that never ran.
  private var linesSuffix: String {
    let lines = commits.compactMap(\.lines).reduce(0) { $0 + $1.count }
    let missing = commits.reduce(0) { $0 + $1.linesNotRun.count }
    return missing == 0 ? "" : "; \(missing) of \(Figures.counted(lines, "changed line")) never ran"
  }

  /// Files by their names alone: a row has little room.
  private func reason(_ commit: Commit) -> String {
    commit.reason.onOneLine.split(separator: " ").map { word in
      word.contains("/") && word.contains(":") ? String(word.split(separator: "/").last ?? word) : String(word)
    }.joined(separator: " ")
  }

  private static func unique(_ parts: [String]) -> [String] {
    parts.enumerated().filter { index, part in parts.firstIndex(of: part) == index }.map(\.element)
  }

  func count(_ state: State) -> Int { commits.dropFirst().count { $0.state == state } }

  /// Commits that break something their parent did not.
  var breaking: [Commit] { commits.dropFirst().filter { !$0.breaks.isEmpty } }

  func found(_ failure: Failure) -> String {
    let how = failure.engine == "exhaust" ? "all interleavings of a pair" : "schedules"
    return "by \(how): \(failure.place)"
  }

  /// How a failure is seen again; nil where nothing was seen to repeat it.
  func replay(_ failure: Failure) -> String? {
    guard !failure.token.isEmpty, failure.verified == failure.replays, failure.replays > 0 else { return nil }
    return "stress replay \(failure.token.onOneLine) --kernel-tree linux"
  }

  /// Changes that nothing that was run can see, a line for each commit, file and reason.
  var unseenLines: [String] {
    commits.dropFirst().flatMap { commit in
      commit.unseenLines.map { "\(place(commit.number)) \($0)" }
    }
  }

  /// What was run of each commit.
  var scope: String {
    let pairs = "pairs of operations with at most \(Figures.counted(executions, "execution")) each"
    return "each commit by itself: \(pairs), \(Figures.counted(schedules, "schedule")) of seed \(seed.onOneLine)"
  }

  static let limits =
    "sampled, no proof; sequentially consistent; S-EPT and the TDX module are a model; code that is not compiled was "
    + "not run"

  var verdictLine: String {
    let total = Figures.counted(count, "commit")
    let done = commits.dropFirst().count { $0.state != .notRun }
    switch verdict {
    case .harnessFault:
      let first = harnessFaults.first?.onOneLine ?? firstReason
      return "HARNESS FAULT \(Figures.counted(max(harnessFaults.count, 1), "fault")), first \(first)"
    case .nothingTried where !interrupted: return "NOTHING TRIED: \(firstReason)"
    case .broken: return "FAIL \(findings.joined(separator: ", "))\(interrupted ? "; INTERRUPTED" : ""); \(total)"
    case .clean, .nothingTried:
      if interrupted { return "INTERRUPTED after \(done) of \(total); nothing broken so far" }
      let unseen = commits.reduce(0) { $0 + $1.unseen.count }
      return "PASS sampled: \(total), " + extent.joined(separator: ", ") + "; not a proof"
        + (unseen > 0 ? "; \(Figures.counted(unseen, "change")) not seen" : "") + linesSuffix
    }
  }

  private var firstReason: String {
    let reasons = commits.filter { !$0.reason.isEmpty }.map { "\(place($0.number)) \(words($0))" }
    if let unread = commits.first(where: { $0.state == .notReadable }) {
      return "\(place(unread.number)) cannot be read: \(unread.reason.onOneLine)"
    }
    return reasons.first ?? "no commit touches what is used, or all are merges"
  }

  private var extent: [String] {
    let tried = commits.dropFirst().count { $0.state == .tried }
    let others = [(count(.notAffected), "not affected"), (count(.merge), "passed over as merges")]
    return ["\(tried) tried and clean"] + others.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }

  private var findings: [String] {
    var parts: [String] = []
    if let base = commits.first, !base.breaks.isEmpty {
      parts.append("the base breaks " + base.breaks.map(\.checker.onOneLine).joined(separator: ", "))
    }
    parts += breaking.map { commit in
      "\(place(commit.number)) breaks " + commit.breaks.map(\.checker.onOneLine).joined(separator: ", ")
    }
    let unbuilt = commits.dropFirst().filter { $0.state == .doesNotBuild }.map { place($0.number) }
    if !unbuilt.isEmpty {
      parts.append("\(unbuilt.joined(separator: ", ")) \(unbuilt.count == 1 ? "does" : "do") not build")
    }
    return parts.isEmpty ? ["what the base breaks is mended nowhere"] : parts
  }
}
