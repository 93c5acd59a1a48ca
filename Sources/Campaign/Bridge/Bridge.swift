/// From a violation that threads met to a schedule that repeats it: small episodes made of the round's own requests,
/// then scenarios, explored on fibers until one breaks the same rule.
///
/// All but the last bound is counted in schedules and steps: equal violations of equal rounds find equal schedules.
import Episodes
import Executions
import Machine
import Records
import Scheduling

package final class Bridge {
  package struct Budget: Sendable {
    package var schedules: UInt64
    package var steps: UInt64
    /// A last bound, for machines that are busy with something else. Minimising comes on top.
    package var seconds: Double

    package init(schedules: UInt64 = 400_000, steps: UInt64 = 400_000_000, seconds: Double = 45) {
      self.schedules = schedules
      self.steps = steps
      self.seconds = seconds
    }
  }

  /// Schedules that an episode gets in its first turn, and by how much each further turn is longer: cheap findings come
  /// first.
  private static let firstTurn: UInt64 = 32
  private static let growth: UInt64 = 4
  private static let turns = 4
  /// Schedules of an episode drawn from a scenario, and its size.
  private static let scenarioSchedules: UInt64 = 64
  private static let (scenarioThreads, scenarioOperations) = (3, 3)
  /// Schedules between two looks at the clock.
  private static let stretch: UInt64 = 64

  private let found: ThreadViolation
  private let budget: Budget
  private let isStopped: () -> Bool
  private let early: EarlyEnd?
  private let notice: (String) -> Void
  private let phase: (String) -> Void
  private let history: RoundHistory
  private let clock = StopWatch()
  private var schedules: UInt64 = 0
  private var steps: UInt64 = 0
  private var drawn: UInt64 = 0
  private var isBroken = false
  private var lastTold = 0.0

  /// - Parameters:
  ///   - isStopped: asked now and then; true ends the search.
  ///   - notice: gets a line for the user when something fails that the run can do without.
  ///   - phase: gets what it does at the moment, several times a second.
  package init(
    _ found: ThreadViolation, budget: Budget = Budget(), early: EarlyEnd? = nil,
    isStopped: @escaping () -> Bool = { false },
    notice: @escaping (String) -> Void = { _ in }, phase: @escaping (String) -> Void = { _ in }
  ) {
    self.found = found
    self.budget = budget
    self.early = early
    self.isStopped = isStopped
    self.notice = notice
    self.phase = phase
    history = RoundHistory(found)
  }

  private var subject: Subject { found.configuration.subject }

  /// Searches, minimises and verifies; blocks the calling thread.
  /// - Returns: how the violation is repeated, with an empty token if no schedule was found that does; nil if none
  ///   could be run.
  package func run() -> RunRecord.Reproduction? {
    phase("bridging")
    guard
      let replayer = Replayer(
        tasks: BridgeEpisodes.threadLimit, subject: subject, policy: found.configuration.policy, early: early)
    else {
      notice("no address space to look for a schedule of the violation")
      return nil
    }
    defer { replayer.world.scheduler.unregisterThread() }
    let finding = search(replayer)
    if schedules == 0 && finding == nil { return nil }
    guard let finding else { return notReproduced() }
    let pipeline = FailurePipeline(
      subject, minimizes: true, directory: found.configuration.failureDirectory,
      comments: ["found by: \(RerunCommand.round(found.round, of: found.configuration))"], notice: notice, phase: phase,
      early: early)
    var (reproduction, _) = pipeline.run(finding, replayer, schedule: schedules)
    reproduction?.bridgedSchedules = schedules
    return reproduction
  }

  private func notReproduced() -> RunRecord.Reproduction {
    let size = RunRecord.Size(operations: 0, threads: 0, steps: 0, preemptions: 0)
    return RunRecord.Reproduction(
      token: "", scenario: "", schedule: 0, found: size, minimized: nil, minimizingExecutions: 0, isMinimal: false,
      eventHash: SeedText.format(0), verified: 0, replays: 0, bridgedSchedules: schedules, interleaving: nil)
  }

  // MARK: The search

  private func search(_ replayer: Replayer) -> Finding? {
    let sampler = Sampler(replayer.world)
    // What the scenarios could not draw is not asked for.
    var episodes = BridgeEpisodes(history).all().map(subject.fitting).filter { subject.oddity(of: $0) == nil }
    var count = Self.firstTurn
    var done: UInt64 = 0
    for _ in 0..<Self.turns {
      let before = schedules
      // An episode whose tables cannot be made is not tried again.
      var left: [Episode] = []
      for episode in episodes where !isOver {
        switch explore(replayer, sampler, episode, done..<(done + count)) {
        case .found(let finding): return finding
        case .nothing: left.append(episode)
        case .unusable: break
        }
      }
      episodes = left
      if let finding = exploreScenarios(replayer, sampler, (schedules - before) / 2) { return finding }
      done += count
      count *= Self.growth
    }
    return exploreScenarios(replayer, sampler, .max)
  }

  private var isOver: Bool { isBroken || schedules >= budget.schedules || steps >= budget.steps || isInterrupted }

  private var isInterrupted: Bool { clock.seconds >= budget.seconds || isStopped() }

  private enum Result {
    case found(Finding)
    case nothing, unusable
  }

  /// Runs schedules of one episode.
  /// - Parameter indices: which of the episode's.
  private func explore(
    _ replayer: Replayer, _ sampler: Sampler, _ episode: Episode, _ indices: Range<UInt64>
  ) -> Result {
    let world = replayer.world
    guard world.prepare(episode) else {
      // A rule that is broken while tables are made, before any thread runs, is none that threads have met.
      schedules += 1
      if world.harnessFault != nil { _ = take(replayer) }
      return .unusable
    }
    let salt = history.plan.seed ^ episode.contentHash
    sampler.begin(ExecutionLength(steps: episode.operations * 40, changes: episode.operations * 12))
    for index in indices where !isBroken && schedules < budget.schedules && steps < budget.steps {
      if index % Self.stretch == 0 {
        if isInterrupted { break }
        tell()
      }
      guard sampler.execute(.portfolio, Int(index), SplitMix64(seed: salt, .schedule, index: index)) else { break }
      schedules += 1
      steps += UInt64(world.scheduler.pointee.steps)
      if _slowPath(world.isHalted || world.end != .completed), let finding = take(replayer) { return .found(finding) }
    }
    return .nothing
  }

  private func tell() {
    guard clock.seconds - lastTold >= 0.1 else { return }
    lastTold = clock.seconds
    phase("bridging")
  }

  /// The world's last execution, if it broke the same rule and can be written down.
  private func take(_ replayer: Replayer) -> Finding? {
    if let fault = replayer.world.harnessFault {
      notice("no schedule of the violation is looked for any more: \(fault)")
      isBroken = true
      return nil
    }
    guard let violation = replayer.world.violation, violation.checker == found.violation.checker else { return nil }
    return FoundFailure.write(replayer, violation)
  }

  /// Episodes of the scenarios in which the violating operation occurs, later of all, for so many schedules.
  private func exploreScenarios(_ replayer: Replayer, _ sampler: Sampler, _ limit: UInt64) -> Finding? {
    let end = schedules.addingReportingOverflow(limit).overflow ? .max : schedules + limit
    while schedules < end && !isOver {
      let episode = nextScenario()
      if case .found(let finding) = explore(replayer, sampler, episode, 0..<Self.scenarioSchedules) {
        return finding
      }
    }
    return nil
  }

  private func nextScenario() -> Episode {
    var episode = drawScenario()
    guard schedules < budget.schedules / 2, let operation = history.culprit?.request.operation else { return episode }
    // A rare operation is in few episodes.
    for _ in 0..<64 where !episode.threads.joined().contains(where: { $0.operation == operation }) {
      episode = drawScenario()
    }
    return episode
  }

  private func drawScenario() -> Episode {
    var draws = SplitMix64(seed: history.plan.seed, .episode, index: drawn)
    defer { drawn += 1 }
    return subject.fitting(
      Scenario.episode(
        ScenarioName.deal(drawn, hasMirrorRoots: subject.hasMirrorRoots, isKernel: subject.isKernel),
        threads: Self.scenarioThreads, operations: Self.scenarioOperations, policy: found.configuration.policy,
        draws: &draws))
  }
}
