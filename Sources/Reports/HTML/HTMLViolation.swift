/// The words that a page needs beside a violation in the record.
import Records

struct HTMLViolation: Encodable {
  struct Line: Encodable {
    let name: String
    let text: String
  }

  let thread: String
  /// Where in the run it fell; null where there is no other place.
  let place: String?
  /// Where the rule is explained.
  let page: String?
  let sizes: [Line]
  let commands: [Line]
  let notes: [String]

  init(_ violation: RunRecord.Violation, of record: RunRecord) {
    let kind = RunKind(record)
    let reproduction = violation.reproduction
    thread =
      violation.moment == .setUp
      ? "none, the initial tables are being built"
      : violation.thread >= 0 ? "\(violation.thread)" : "none, found at the end"
    place =
      switch kind {
      case .soak: "round \(violation.round)"
      case .explore: reproduction.map { "\($0.scenario), schedule \($0.schedule)" }
      case .replay, .minimize: nil
      }
    page = CheckerPage.path(violation.checker)
    sizes = reproduction.map(Self.sizes) ?? []
    let words = reproduction.map {
      ReproductionText($0, of: violation, kernel: record.kernel, full: false)
    }
    let tree = record.kernel.map { " --kernel-tree \($0.path)" } ?? ""
    let replay = words.map(\.replay) ?? record.replay.map { "stress replay \($0.token)\(tree)" }
    // What was replayed needs no other command.
    let again = kind == .replay || violation.command.isEmpty ? nil : violation.command
    commands =
      (replay.map { [Line(name: "replay", text: $0)] } ?? [])
      + (again.map { [Line(name: "run again", text: $0)] } ?? [])
    notes = [kind == .soak ? words?.origin : nil, words?.promise, words?.doubt].compactMap { $0 }
  }

  private static func sizes(_ reproduction: RunRecord.Reproduction) -> [Line] {
    let found = Line(name: "found", text: SizeText.render(reproduction.found))
    guard let minimized = reproduction.minimized else { return [found] }
    let executions = Figures.counted(reproduction.minimizingExecutions, "execution")
    let fewest = reproduction.hasFewestPreemptions == true ? ", no schedule with fewer preemptions" : ""
    let end = (reproduction.isMinimal ? "1-minimal" : "budget used up after \(executions)") + fewest
    return [found, Line(name: "minimised", text: "\(SizeText.render(minimized)) (\(end))")]
  }
}
