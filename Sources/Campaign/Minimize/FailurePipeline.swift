/// What is done with a failing execution, in this order: kept on disk as it was found, minimised, verified in a fresh
/// world, kept on disk as it is then, drawn up step by step.
import Episodes
import Executions
import Machine
import Records

struct FailurePipeline {
  static let replays = 3

  private let subject: Subject
  private let minimizes: Bool
  private let directory: String?
  private let comments: [String]
  private let notice: (String) -> Void
  private let phase: (String) -> Void
  private let early: EarlyEnd?

  init(
    _ subject: Subject, minimizes: Bool, directory: String?, comments: [String],
    notice: @escaping (String) -> Void, phase: @escaping (String) -> Void, early: EarlyEnd? = nil
  ) {
    self.early = early
    self.subject = subject
    self.minimizes = minimizes
    self.directory = directory
    self.comments = comments
    self.notice = notice
    self.phase = phase
  }

  /// - Returns: how the violation is repeated, nil where that was not waited for; and the execution that shows it.
  func run(_ found: Finding, _ replayer: Replayer, schedule: UInt64) -> (RunRecord.Reproduction?, Finding) {
    let first = isRace(found) ? keep(found) : nil
    var final = found
    var isMinimal = false
    var executions: UInt64 = 0
    if minimizes {
      phase("minimising")
      let minimizer = Minimizer(found, replayer, early: early) { _ in phase("minimising") }
      (final, isMinimal) = minimizer.run()
      executions = minimizer.executions
    }
    phase("verifying")
    let verified = Self.verify(final, subject, early)
    // The fresh world had this thread's handler for stack overflow to itself.
    _ = replayer.world.scheduler.registerThread()
    if verified == Self.replays, isRace(final), let second = keep(final), let first, first != second {
      try? FailureArchive.remove(first)
    }
    let interleaving = isCut || final.isInSetUp ? nil : InterleavingBuilder.build(replayer, final)
    if isCut { return (nil, final) }
    let reproduction = RunRecord.Reproduction(
      token: isRace(final) ? token(final).text : "", scenario: found.episode.scenario, schedule: schedule,
      found: found.size,
      minimized: minimizes ? final.size : nil, minimizingExecutions: executions, isMinimal: isMinimal,
      eventHash: SeedText.format(final.eventHash), verified: verified, replays: Self.replays,
      reference: isRace(final) && verified == Self.replays ? CleanReference(subject)?.check(token(final)) : nil,
      interleaving: interleaving)
    return (reproduction, final)
  }

  private var isCut: Bool { early?.isCut ?? false }

  /// Only what a scenario could draw, and what its threads did, is a reproduction that a token is given for.
  private func isRace(_ finding: Finding) -> Bool {
    !finding.isInSetUp && subject.oddity(of: finding.episode) == nil
  }

  /// Replays in a world of its own, as another process would.
  /// - Returns: how many times the same rule was broken by the same events, and at the same moment.
  static func verify(_ finding: Finding, _ subject: Subject, _ early: EarlyEnd? = nil) -> Int {
    guard
      let fresh = Replayer(
        tasks: finding.episode.threads.count, subject: subject, policy: finding.episode.policy, early: early)
    else { return 0 }
    return (0..<replays).count { _ in
      let outcome =
        fresh.brokenSetUp(finding.episode) ?? fresh.replay(finding.episode, finding.schedule, isStrict: true)
      return outcome.isInSetUp == finding.isInSetUp && outcome.isFollowed
        && outcome.violation?.checker == finding.violation.checker
        && outcome.eventHash == finding.eventHash
    }
  }

  func token(_ finding: Finding) -> Token {
    Token(
      subject, plainAccesses: subject.hasPlainAccesses, episode: finding.episode, schedule: finding.schedule,
      checker: finding.violation.checker, eventHash: finding.eventHash)
  }

  private func keep(_ finding: Finding) -> String? {
    guard let directory else { return nil }
    do {
      return try FailureArchive(directory: directory).store(token(finding), comments: comments)
    } catch {
      notice("the failure is not kept on disk: \(error.message)")
      return nil
    }
  }
}
