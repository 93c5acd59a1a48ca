/// Episodes of the model, and a world of fibers to run schedules of them in.
import Campaign
import Executions
import Machine
import MirrorMMU
import Scheduling
import SecureEPT

/// A world, the strategies, and the episodes of one test.
package final class Rehearsal {
  package let world: FiberWorld
  package let replayer: Replayer
  private let sampler: Sampler

  package struct NoAddressSpace: Error {}

  package init(tasks: Int = 3, mutant: Mutant? = nil, policy: Policy? = nil) throws {
    let policy = policy ?? mutant?.policy ?? .fourK
    guard let world = FiberWorld(tasks: tasks, subject: .model(.mainline, mutant), policy: policy) else {
      throw NoAddressSpace()
    }
    self.world = world
    replayer = Replayer(world)
    sampler = Sampler(world)
    sampler.begin(ExecutionLength(steps: 100, changes: 30))
  }

  package static func episode(
    _ name: ScenarioName, threads: Int = 3, operations: Int = 3, policy: Policy = .fourK, seed: UInt64
  ) -> Episode {
    var draws = SplitMix64(seed: seed, .episode)
    return Scenario.episode(name, threads: threads, operations: operations, policy: policy, draws: &draws)
  }

  /// Runs the prepared episode once.
  package func execute(_ name: StrategyName, _ number: UInt64, seed: UInt64 = 1) {
    let isNew = sampler.execute(name, Int(number), SplitMix64(seed: seed, .schedule, index: number))
    precondition(isNew, "strategies that draw have always something left to try")
  }

  package var log: [UInt16] { Array(world.scheduler.log) }

  /// The first failing execution of a scenario's episodes, or of all scenarios' in turn, written down.
  /// What only one scenario reaches is looked for there.
  package func findFailure(_ asked: ScenarioName?, threads: Int = 3, operations: Int = 3, episodes: Range<UInt64>)
    -> Finding?
  {
    let needed = world.subject.mutant.flatMap { ScenarioName(rawValue: $0.scenario) }
    let name = asked ?? needed.flatMap { ScenarioName.dealt.contains($0) ? nil : $0 }
    for seed in episodes {
      let episode = Self.episode(
        name ?? ScenarioName.deal(seed), threads: threads, operations: operations, policy: world.policy,
        seed: seed)
      guard world.prepare(episode) else { continue }
      for number in 0..<200 as Range<UInt64> {
        execute(.portfolio, number, seed: seed)
        if let violation = world.violation { return FoundFailure.write(replayer, violation) }
      }
    }
    return nil
  }
}
