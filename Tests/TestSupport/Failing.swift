/// Failing executions to draw up: the first of a broken subject that a search meets, and small ones written by hand.
import Campaign
import Executions
import Machine
import MirrorMMU
import Scheduling
import SecureEPT

package struct Failing {
  package let replayer: Replayer
  package let finding: Finding

  /// Explores a scenario of a mutant until a rule is broken, a fixed number of schedules at most.
  package static func search(
    _ mutant: Mutant, _ scenario: ScenarioName, threads: Int = 2, policy: Policy = .fourK, minimized: Bool = false,
    where isWanted: (Violation) -> Bool = { _ in true }
  ) throws -> Failing {
    let replayer = try known(Replayer(tasks: threads, subject: .model(.mainline, mutant), policy: policy))
    let world = replayer.world
    let sampler = Sampler(world)
    for chunk in 0..<400 as Range<UInt64> {
      var draws = SplitMix64(seed: 11, .episode, index: chunk)
      let episode = Scenario.episode(scenario, threads: threads, operations: 2, policy: policy, draws: &draws)
      guard world.prepare(episode) else { continue }
      for index in 0..<32 {
        // All are told the same length: what they find is what golden files show.
        sampler.begin(ExecutionLength(steps: 200, changes: 60))
        let number = chunk * 32 + UInt64(index)
        _ = sampler.execute(.portfolio, index, SplitMix64(seed: 11, .schedule, index: number))
        guard let violation = world.violation, isWanted(violation) else { continue }
        return try Failing(replayer: replayer, episode, violation, minimized: minimized)
      }
    }
    throw Missing()
  }

  private init(replayer: Replayer, _ episode: Episode, _ violation: Violation, minimized: Bool) throws {
    self.replayer = replayer
    let (schedule, preemptions) = replayer.record()
    let world = replayer.world
    let found = Finding(
      episode: episode, schedule: schedule, violation: violation, eventHash: world.eventHash,
      steps: world.scheduler.pointee.steps, preemptions: preemptions, isAtRest: world.end == .completed)
    finding = minimized ? Minimizer(found, replayer).run().finding : found
  }

  /// An episode under a schedule, whatever comes of it.
  package init(_ episode: Episode, _ schedule: Schedule, mutant: Mutant? = nil) throws {
    replayer = try Self.known(
      Replayer(tasks: episode.threads.count, subject: .model(.mainline, mutant), policy: episode.policy))
    let outcome = replayer.replay(episode, schedule, isStrict: true)
    let first = episode.threads[0][0]
    let none = Violation(
      checker: .frz1, task: 0, operation: first.operation, gfn: first.range.lowerBound, level: 1, expected: "",
      seen: "", entry: 0, stamp: .max)
    finding = Finding(
      episode: episode, schedule: schedule, violation: outcome.violation ?? none, eventHash: outcome.eventHash,
      steps: outcome.steps, preemptions: 0, isAtRest: outcome.end == .completed)
  }

  package func interleaving() throws -> Interleaving { try Self.known(InterleavingBuilder.build(replayer, finding)) }

  package struct Missing: Error {}

  private static func known<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
  }
}

extension Interleaving {
  /// The rows that a reader is shown.
  package var shown: [Row] { rows.filter { $0.matters } }
  package var breaking: Row? { rows.last { $0.step == violationStep } }

  /// The shown actions as lines `thread action | SPTE | external`, with a star at what was written.
  package var lines: [String] {
    shown.map { row in
      "\(row.thread) \(row.action) | \(row.changesSpte ? "*" : "")\(row.spte) "
        + "| \(row.changesExternal ? "*" : "")\(row.external)"
    }
  }
}
