import Records

/// The mutants of a commit for a person to read: a table, those that survived with what they change, and the verdict
/// as the last line.
package struct MutationText {
  package static var width: Int { TextWidth.of(120) }

  private let record: MutationRecord

  package init(_ record: MutationRecord) { self.record = record }

  /// The whole report, ending in a newline.
  package func render() -> String {
    Self.join([header, record.isList ? [] : table, changes, commit, faults, unseen, [verdict]])
  }

  /// What `--quiet` leaves: what survived, faults of the harness, and the verdict line.
  package func renderQuietly() -> String { Self.join([changes, commit, faults, unseen, [verdict]]) }

  private static func join(_ sections: [[String]]) -> String {
    sections.filter { !$0.isEmpty }.map { $0.map(\.onOneLine).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private var unseen: [String] {
    record.unseenLines.flatMap { TextWrap.hanging("", $0, width: Self.width) }
  }

  private var header: [String] {
    let version = record.version.map { ", Linux \($0)" } ?? ""
    var lines = ["commit     \(record.commit.prefix(12)) \(record.subject)\(version)"]
    guard !record.isList else { return lines }
    let most = Figures.grouped(record.executions * MutationRecord.moreOfOwn)
    let own = record.operations.isEmpty ? "" : "\(most) of each with \(record.operations.joined(separator: ", ")), "
    lines += TextWrap.hanging(
      "each       ",
      "pairs of operations, executions: \(own)\(Figures.grouped(record.executions)) of each; "
        + "\(Figures.counted(record.schedules, "schedule")), seed \(record.seed)", width: Self.width)
    return lines
  }

  private var table: [String] {
    guard !record.mutants.isEmpty else { return [] }
    var table = TextTable([
      .init(title: "mutant"), .init(title: "function", wraps: true), .init(title: "outcome", wraps: true),
    ])
    for mutant in record.mutants { table.add([mutant.name, mutant.function + "()", Self.outcome(mutant)]) }
    return table.lines(width: Self.width)
  }

  private static func outcome(_ mutant: MutationRecord.Mutant) -> String {
    switch mutant.state {
    case .found: mutant.failure.map { "found: \($0.checker), \($0.place)" } ?? "found"
    case .survived: "SURVIVED"
    case .neverRan: "SURVIVED: never ran"
    case .same: "same as \(mutant.reason)"
    case .doesNotBuild, .harnessFault: "\(mutant.state.rawValue): \(mutant.reason)"
    case .equivalent, .notRun: mutant.state.rawValue
    }
  }

  /// Of what survived, or of all that would be run: the lines before and after.
  private var changes: [String] {
    let shown = record.isList ? record.mutants : record.survivors
    let blocks = shown.map { mutant in
      let never = mutant.state == .neverRan ? ", never ran" : ""
      return ["\(mutant.name), \(mutant.function)()\(never)", "- \(mutant.before)", "+ \(mutant.after)"]
    }
    return Array(blocks.joined(separator: [""]))
  }

  private var commit: [String] {
    guard let failure = record.failure else { return [] }
    let replay = failure.token.isEmpty ? [] : ["", "replay: stress replay \(failure.token) --kernel-tree PATH"]
    return TextWrap.hanging("The commit itself breaks \(failure.checker): ", failure.rule, width: Self.width)
      + ["  at    \(failure.place)", "  seen  \(failure.seen)"] + replay
  }

  private var faults: [String] { record.harnessFaults.map { "harness fault: \($0)" } }

  // MARK: The verdict

  private var verdict: String {
    switch record.verdict {
    case .harnessFault: return "HARNESS FAULT: nothing is known of the mutants"
    case .nothingTried: return "NOTHING TO BREAK: \(record.reason)"
    case .broken:
      let what = record.failure.map { "breaks \($0.checker)" } ?? "does not build: \(record.reason)"
      return "FAIL the commit itself \(what); its mutants would say nothing"
    case .complete: break
    }
    let count = Figures.counted(record.mutants.count, "mutant")
    if record.isList { return "\(count) of \(Figures.counted(record.changedLines, "changed line"))" }
    let left = record.count(.notRun)
    if record.interrupted {
      return "INTERRUPTED with \(left) of \(count) not run; \(result)"
    }
    return result
  }

  private var result: String {
    let other: [(MutationRecord.State, String, String)] = [
      (.equivalent, "equivalent", "equivalent"), (.same, "the same as another", "the same as others"),
      (.doesNotBuild, "does not build", "do not build"), (.harnessFault, "could not be run", "could not be run"),
    ]
    let all = other + (record.interrupted ? [] : [(.notRun, "not run", "not run")])
    let rest = all.compactMap { state, one, many -> String? in
      let count = record.count(state)
      return count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
    }
    let names = record.survivors.map { $0.name + ($0.state == .neverRan ? " (never ran)" : "") }
    return "\(record.count(.found)) of \(record.judged) found"
      + (rest.isEmpty ? "" : " (\(rest.joined(separator: ", ")))")
      + (names.isEmpty ? "" : "; survived: \(names.joined(separator: ", "))")
  }
}
