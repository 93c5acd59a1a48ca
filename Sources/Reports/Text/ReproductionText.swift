import Records

/// How a violation is repeated: its interleaving, and the command that was seen to repeat it.
struct ReproductionText {
  private let reproduction: RunRecord.Reproduction
  private let checker: String
  private let isInSetUp: Bool
  private let kernel: RunRecord.Kernel?
  private let full: Bool

  init(
    _ reproduction: RunRecord.Reproduction, of violation: RunRecord.Violation, kernel: RunRecord.Kernel?, full: Bool
  ) {
    self.kernel = kernel
    isInSetUp = violation.moment == .setUp
    checker = violation.checker.onOneLine
    self.reproduction = reproduction
    self.full = full
  }

  /// Whether every replay that was made gave the same violation again. Only then may the command be shown.
  static func isVerified(_ reproduction: RunRecord.Reproduction) -> Bool {
    !reproduction.token.isEmpty && reproduction.replays > 0 && reproduction.verified == reproduction.replays
  }

  var interleaving: [String] {
    guard let interleaving = reproduction.interleaving else { return [] }
    let title = reproduction.minimized == nil ? "Interleaving" : "Interleaving of the minimised schedule"
    return InterleavingText(interleaving, title: title, checker: checker, full: full).lines
  }

  private var tree: String { kernel.map { " --kernel-tree \($0.path.onOneLine)" } ?? "" }

  /// Where to get what a token holds in a form to read and to change.
  static let asText = "as text: the same with 'trace --episode' in place of 'replay'"

  /// What repeats it; nil where that was not seen to.
  var replay: String? {
    Self.isVerified(reproduction) ? "stress replay \(reproduction.token.onOneLine)" + tree : nil
  }

  /// How well it repeats, or why there is no command that does.
  var promise: String {
    guard Self.isVerified(reproduction) else { return failure }
    return "verified \(reproduction.verified)/\(reproduction.replays), event hash \(reproduction.eventHash.onOneLine)"
  }

  /// What keeps a verified token from showing what was broken or changed; nil where nothing does, or nothing is known.
  var doubt: String? {
    guard Self.isVerified(reproduction), let reference = reproduction.reference else { return nil }
    let subject = reference.subject.onOneLine
    if let broken = reference.checker {
      return "It breaks \(broken.onOneLine) on \(subject) as well, so it does not show what differs from that"
    }
    return reference.problem.map { "What it does on \(subject) is not known: \($0.onOneLine)" }
  }

  /// The command on a line of its own and never wrapped, or why there is none.
  var command: [String] {
    if let replay {
      let doubt = doubt.map { TextWrap.hanging("", $0, width: TextReport.width) } ?? []
      return ["replay: \(replay)", promise, Self.asText] + doubt
    }
    return TextWrap.hanging("", promise, width: TextReport.width)
  }

  /// What a schedule found for a round of threads says of itself.
  var bridge: [String] {
    guard let origin else { return [] }
    return TextWrap.hanging("", origin, width: TextReport.width) + [""] + schedule
  }

  /// Where the schedule of a violation that threads found was found; nil if there is none.
  var origin: String? {
    guard !reproduction.token.isEmpty else { return nil }
    let searched = reproduction.bridgedSchedules.map { "one of \(Figures.counted($0, "schedule"))" } ?? "a schedule"
    let source =
      reproduction.scenario == RunRecord.Reproduction.roundScenario
      ? "this round's operations" : "the scenario \(reproduction.scenario)"
    return "Repeated without threads: \(searched) of \(source) breaks \(checker) too".onOneLine
  }

  private var schedule: [String] {
    SizeText.lines(reproduction).enumerated().flatMap { index, line in
      TextWrap.hanging(
        (index == 0 ? "schedule" : "").padded(to: 11, alignment: .left), line, width: TextReport.width)
    }
  }

  private var failure: String {
    if isInSetUp {
      let builds = Figures.counted(reproduction.replays, "further build")
      return "no race: the rule is broken while the initial tables are built, before any thread runs, so there is no "
        + "schedule to replay; seen in \(reproduction.verified) of \(builds)"
    }
    if reproduction.token.isEmpty {
      guard let schedules = reproduction.bridgedSchedules else { return "not reproduced: no schedule of it is known" }
      return "not reproduced in \(Figures.counted(schedules, "schedule")); the round is kept"
    }
    let hash = reproduction.eventHash.onOneLine
    if reproduction.replays <= 0 {
      return "not reproduced: the schedule was not replayed, so no replay command is given; event hash \(hash)"
    }
    return "not reproduced: \(reproduction.verified) of \(Figures.counted(reproduction.replays, "replay")) gave "
      + "\(checker.onOneLine) with event hash \(hash), so no replay command is given"
  }
}
