import Campaign

/// How a violation is repeated: its interleaving, and the command that was seen to repeat it.
struct ReproductionText {
  private let reproduction: RunRecord.Reproduction
  private let checker: String
  private let kernel: RunRecord.Kernel?
  private let full: Bool

  init(_ reproduction: RunRecord.Reproduction, checker: String, kernel: RunRecord.Kernel?, full: Bool) {
    self.kernel = kernel
    self.reproduction = reproduction
    self.checker = checker
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

  /// The command on a line of its own and never wrapped, or why there is none.
  var command: [String] {
    if Self.isVerified(reproduction) {
      return [
        "replay: stress replay \(reproduction.token.onOneLine)" + tree,
        "verified \(reproduction.verified)/\(reproduction.replays), event hash \(reproduction.eventHash.onOneLine)",
      ]
    }
    return TextWrap.hanging("", failure, width: TextReport.width)
  }

  /// What a schedule found for a round of threads says of itself.
  var bridge: [String] {
    guard !reproduction.token.isEmpty else { return [] }
    let searched = reproduction.bridgedSchedules.map { "one of \(Figures.counted($0, "schedule"))" } ?? "a schedule"
    let origin =
      reproduction.scenario == RunRecord.Reproduction.roundScenario
      ? "this round's operations" : "the scenario \(reproduction.scenario)"
    let title = "Repeated without threads: \(searched) of \(origin) breaks \(checker) too"
    return TextWrap.hanging("", title.onOneLine, width: TextReport.width) + [""] + schedule
  }

  private var schedule: [String] {
    SizeText.lines(reproduction).enumerated().flatMap { index, line in
      TextWrap.hanging(
        (index == 0 ? "schedule" : "").padded(to: 11, alignment: .left), line, width: TextReport.width)
    }
  }

  private var failure: String {
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
