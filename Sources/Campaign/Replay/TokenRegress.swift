import Episodes
import Executions
import KernelMMU
import Machine
import Scheduling

/// `stress regress`: does what a token once showed still happen?
///
/// Where the protocol has changed, the recorded schedule mostly does not fit any more. Then the token's episode is run
/// under what can be followed of the schedule, and under a number of drawn ones: if none breaks a rule, it is fixed as
/// far as those tell. An episode that is small enough is executed in every way: then none of its interleavings is left.
public enum TokenRegress {
  public enum Result: Sendable, Equatable {
    /// No rule was broken; with the number of schedules that were drawn, 0 where the recorded one could be followed.
    case fixed(drawn: Int)
    /// No interleaving of its episode breaks a rule, with questions answered yes at most so often by a thread.
    case proven(mostYes: Int)
    /// The checker that fired.
    case fails(String)
    /// The checker that fired while the initial tables were built, before any thread ran: the subject is broken, and
    /// whether by what the token shows is not known.
    case breaksInSetUp(String)
    case unknown(String)

    /// It does not happen any more, as far as what was run tells.
    public var isFixed: Bool {
      switch self {
      case .fixed, .proven: true
      case .fails, .breaksInSetUp, .unknown: false
      }
    }
  }

  /// Drawn schedules for a token whose own does not fit any more.
  package static let schedules = 2_000

  /// Executions in which to try all interleavings of an episode.
  static let searched: UInt64 = 20_000

  public static func check(_ token: Token, kernel: KernelSubject? = nil) -> Result {
    checkAll(token, on: Subject(token, kernel), early: nil)
  }

  /// - Returns: nil if that was ended early.
  package static func check(_ token: Token, kernel: KernelSubject?, early: EarlyEnd) -> Result? {
    let result = checkAll(token, on: Subject(token, kernel), early: early)
    return early.isCut ? nil : result
  }

  private static func checkAll(_ token: Token, on subject: Subject, early: EarlyEnd?) -> Result {
    let result = check(token, on: subject, early: early)
    guard case .fixed = result, early?.isCut != true else { return result }
    let mostYes = min(4, max(1, token.schedule.mostYes))
    guard
      let search = EpisodeSearch(
        tasks: token.episode.threads.count, subject: subject, policy: token.episode.policy, mostYes: UInt32(mostYes),
        method: .whole(subject), early: early), token.episode.threads.count <= search.capacity
    else { return result }
    return switch search.run(token.episode, limit: searched).end {
    case .complete: .proven(mostYes: mostYes)
    case .violation: search.world.violation.map { .fails($0.checker.name) } ?? result
    // What was replayed and drawn says what it says.
    case .partial, .fault: result
    }
  }

  /// - Parameter subject: what it is run on, be it the one that the token names or another.
  package static func check(_ token: Token, on subject: Subject, early: EarlyEnd? = nil) -> Result {
    if let objection = subject.objection(to: token.episode) { return .unknown(objection) }
    guard
      let replayer = Replayer(
        tasks: token.episode.threads.count, subject: subject, policy: token.episode.policy, early: early)
    else {
      return .unknown("no address space for the threads' stacks")
    }
    if let broken = replayer.brokenSetUp(token.episode) {
      if let fault = broken.harnessFault { return .unknown(fault) }
      return broken.violation.map { .breaksInSetUp($0.checker.name) } ?? .unknown("its initial tables cannot be built")
    }
    let strict = replayer.replay(token.episode, token.schedule, isStrict: true)
    if let result = result(strict.violation, strict.harnessFault) { return result }
    if strict.isFollowed { return .fixed(drawn: 0) }
    let lenient = replayer.replay(token.schedule, isStrict: false)
    if let result = result(lenient.violation, lenient.harnessFault) { return result }
    return draw(replayer.world, token)
  }

  private static func draw(_ world: FiberWorld, _ token: Token) -> Result {
    let sampler = Sampler(world)
    sampler.begin(world.length)
    for index in 0..<schedules where !world.isCut {
      guard sampler.execute(.portfolio, index, SplitMix64(seed: token.eventHash, .schedule, index: UInt64(index)))
      else { return .fixed(drawn: index) }
      if let result = result(world.violation, world.harnessFault) { return result }
    }
    return .fixed(drawn: schedules)
  }

  private static func result(_ violation: Violation?, _ harnessFault: String?) -> Result? {
    if let harnessFault { return .unknown(harnessFault) }
    return violation.map { .fails($0.checker.name) }
  }
}
