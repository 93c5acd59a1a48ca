/// The engine that executes every class of interleavings of a plan's items, from a configuration to a record.
import Episodes
import Executions
import Exploration
import Foundation
import Machine
import MirrorMMU
import Records
import SecureEPT
import Synchronization

public struct ExhaustConfiguration: Sendable {
  public var protocolName: ProtocolName
  public var mutant: Mutant?
  public var policy: Policy
  public var plan: ExhaustPlan
  /// Questions of a thread that are answered yes in an execution, at most; 0 to 4.
  public var answers: Int
  /// Executions of one item, at most.
  public var executionLimit: UInt64
  /// nil for as long as it takes.
  public var seconds: Double?
  public var jobs: Int
  /// All items are executed, whatever was found.
  public var keepsGoing = false

  public init(
    protocolName: ProtocolName, mutant: Mutant?, policy: Policy, plan: ExhaustPlan, answers: Int,
    executionLimit: UInt64, seconds: Double?, jobs: Int
  ) {
    self.protocolName = protocolName
    self.mutant = mutant
    self.policy = policy
    self.plan = plan
    self.answers = answers
    self.executionLimit = executionLimit
    self.seconds = seconds
    self.jobs = jobs
  }

  var subject: Subject { .model(protocolName, mutant) }
}

/// What a running search tells about itself.
public struct ExhaustProgress: Sendable {
  public var elapsedSeconds: Double
  public var items: Int
  public var ofItems: Int
  public var classes: UInt64
}

public final class Exhaust: Sendable {
  /// Items are dealt in their order. The first that broke a rule ends the dealing, so what is told of it does not
  /// depend on who was quick.
  private struct Board {
    var next = 0
    var results: [EpisodeSearch.Result?]
    var first: (item: Int, finding: Finding)?
    var classes: UInt64 = 0
    var done = 0
    var faults: [String] = []
  }

  public let configuration: ExhaustConfiguration
  private let board: Mutex<Board>
  private let stopRequested = Atomic(false)

  public init(configuration: ExhaustConfiguration) {
    self.configuration = configuration
    board = Mutex(Board(results: Array(repeating: nil, count: configuration.plan.items.count)))
  }

  /// Asks a running search to end; safe from any thread.
  public func requestStop() { stopRequested.store(true, ordering: .releasing) }

  /// Runs to the end of the plan, of its time, or to `requestStop`. Blocks the calling thread.
  /// - Parameter progress: called about ten times a second.
  public func run(progress: (ExhaustProgress) -> Void = { _ in }) -> ExhaustRecord {
    let clock = StopWatch()
    let deadline = DispatchTime.now() + (configuration.seconds ?? .infinity)
    WorkerThreads.run(
      count: configuration.jobs, work: { _ in self.work(until: deadline) },
      tick: {
        let (items, classes) = board.withLock { ($0.done, $0.classes) }
        progress(
          ExhaustProgress(
            elapsedSeconds: clock.seconds, items: items, ofItems: configuration.plan.items.count, classes: classes))
      })
    return record(clock)
  }

  private func work(until deadline: DispatchTime) {
    let tasks = configuration.plan.items.map(\.episode.threads.count).max() ?? 1
    guard
      let search = EpisodeSearch(
        tasks: tasks, subject: configuration.subject, policy: configuration.policy,
        mostYes: UInt32(configuration.answers)),
      search.world.scheduler.registerThread()
    else { return board.withLock { $0.faults.append("no address space for the stacks of \(tasks) threads") } }
    defer { search.world.scheduler.unregisterThread() }
    func goesOn() -> Bool { !stopRequested.load(ordering: .acquiring) && DispatchTime.now() < deadline }
    while goesOn(), let item = take() {
      let episode = configuration.plan.items[item].episode
      let result = search.run(episode, limit: configuration.executionLimit, goesOn: goesOn)
      var finding: Finding?
      if result.end == .violation { finding = search.finding(episode) }
      give(item, result, finding)
    }
  }

  private func take() -> Int? {
    board.withLock { board in
      let limit = configuration.keepsGoing ? nil : board.first?.item
      guard board.next < limit ?? board.results.count else { return nil }
      board.next += 1
      return board.next - 1
    }
  }

  private func give(_ item: Int, _ result: EpisodeSearch.Result, _ finding: Finding?) {
    board.withLock { board in
      board.results[item] = result
      board.done += 1
      board.classes += result.classes
      if case .fault(let text) = result.end { board.faults.append("\(configuration.plan.items[item].name): \(text)") }
      if result.end == .violation && finding == nil {
        board.faults.append(
          "\(configuration.plan.items[item].name) broke a rule and did not when run again: the harness is not "
            + "deterministic")
      }
      guard let finding, item < board.first?.item ?? .max else { return }
      board.first = (item, finding)
    }
  }

  private func record(_ clock: StopWatch) -> ExhaustRecord {
    let (results, first, faults) = board.withLock { ($0.results, $0.first, $0.faults) }
    let violation = first.map { told($0.item, $0.finding) }
    let items = zip(configuration.plan.items, results).map { item, result in
      ExhaustRecord.Item(
        operations: item.name, table: item.table, end: result.map { Self.name($0.end) } ?? "not run",
        classes: result?.classes ?? 0, executions: result?.executions ?? 0, longest: result?.longest ?? 0)
    }
    return ExhaustRecord(
      build: .current, protocolName: configuration.protocolName.rawValue, mutant: configuration.mutant?.rawValue,
      policy: configuration.policy.rawValue, answers: configuration.answers,
      executionLimit: configuration.executionLimit, items: items, violation: violation, harnessFaults: faults,
      interrupted: stopRequested.load(ordering: .acquiring),
      timing: .init(elapsedSeconds: clock.seconds, jobs: configuration.jobs))
  }

  private static func name(_ end: EpisodeSearch.End) -> String {
    switch end {
    case .complete: "complete"
    case .partial: "partial"
    case .violation: "violation"
    case .fault: "fault"
    }
  }

  /// The first violation goes the way of any: minimised, and verified in a fresh world.
  private func told(_ item: Int, _ finding: Finding) -> ExhaustRecord.Violation {
    var final = finding
    var token = ""
    var verified = 0
    if let replayer = Replayer(
      tasks: finding.episode.threads.count, subject: configuration.subject, policy: configuration.policy)
    {
      let pipeline = FailurePipeline(
        configuration.subject, minimizes: true, directory: nil, comments: [], notice: { _ in }, phase: { _ in })
      let (reproduction, smallest) = pipeline.run(finding, replayer, schedule: UInt64(item))
      final = smallest
      token = reproduction?.token ?? ""
      verified = reproduction?.verified ?? 0
      replayer.world.scheduler.unregisterThread()
    }
    let (violation, item) = (final.violation, configuration.plan.items[item])
    return ExhaustRecord.Violation(
      operations: item.name, table: item.table, checker: violation.checker.name, rule: violation.checker.rule,
      expected: violation.expected, seen: violation.seen, token: token, verified: verified,
      replays: FailurePipeline.replays)
  }
}

extension EpisodeSearch {
  /// What the last execution broke, written down as a schedule that any world can follow.
  /// - Returns: nil if it does not happen again.
  func finding(_ episode: Episode) -> Finding? {
    guard let violation = world.violation else { return nil }
    guard let fresh = Replayer(tasks: episode.threads.count, subject: world.subject, policy: world.episode.policy)
    else { return nil }
    defer { _ = world.scheduler.registerThread() }
    if world.isPrepared {
      guard let found = Minimizer.written(Replayer(world), violation) else { return nil }
      _ = fresh.replay(episode, found.schedule, isStrict: false)
    } else {
      _ = fresh.world.prepare(episode)
    }
    return fresh.world.violation.flatMap { FoundFailure.write(fresh, $0) }
  }
}
