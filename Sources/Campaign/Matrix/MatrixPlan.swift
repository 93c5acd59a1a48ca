/// The cells of a matrix in the order of its record, each with what is expected of it.
import Episodes
import KernelMMU
import Machine
import MirrorMMU
import Records
import Scheduling
import SecureEPT

struct MatrixPlan {
  /// One cell: what is run until it breaks a rule, and what that may be.
  struct Task: Sendable {
    var protocolName: ProtocolName
    /// The subject, if it is not the model.
    var kernel: KernelSubject?
    var mutant: Mutant?
    /// nil for all.
    var scenario: ScenarioName?
    var policy: Policy
    var strategy: StrategyName
    var limit: UInt64
    var expected: [String]
    var reason: String?
    /// Every interleaving of each pair, up to `limit` executions each, in the place of a strategy.
    var isExhaustive = false

    /// In the place of the strategy's.
    var strategyName: String { isExhaustive ? MatrixRecord.Cell.exhaust : strategy.rawValue }

    /// What the cell's column is called.
    var column: String { kernel?.name ?? protocolName.rawValue }
  }

  /// The kernel's among them.
  let protocolTasks: [Task]
  let mutantTasks: [Task]
  var tasks: [Task] { protocolTasks + mutantTasks }
  /// The mutants to race threads with, and why a race may miss one.
  let threadRuns: [(mutant: Mutant, mayMiss: String?)]

  init(_ configuration: MatrixConfiguration) {
    protocolTasks =
      (configuration.parts.contains(.protocols) ? Self.protocolTasks(configuration) : [])
      + (configuration.parts.contains(.kernel) ? Self.kernelTasks(configuration) : [])
    let mutants = configuration.parts.contains(.mutants) ? configuration.mutants : []
    mutantTasks = mutants.flatMap { Self.tasks($0, configuration) }
    threadRuns = mutants.map { ($0, configuration.expectations.mayMiss($0.rawValue)) }
  }

  private static func protocolTasks(_ configuration: MatrixConfiguration) -> [Task] {
    configuration.protocols.flatMap { protocolName in
      configuration.policies.flatMap { policy in
        configuration.scenarios.map { task(protocolName, nil, policy, $0, configuration) }
      }
    }
  }

  /// KVM's own tdx.c maps private memory by 4K pages.
  private static func kernelTasks(_ configuration: MatrixConfiguration) -> [Task] {
    guard let kernel = configuration.kernel, configuration.policies.contains(.fourK) else { return [] }
    return configuration.kernelScenarios.map { task(.mainline, kernel, .fourK, $0, configuration) }
  }

  private static func task(
    _ protocolName: ProtocolName, _ kernel: KernelSubject?, _ policy: Policy, _ scenario: ScenarioName,
    _ configuration: MatrixConfiguration
  ) -> Task {
    var task = Task(
      protocolName: protocolName, kernel: kernel, mutant: nil, scenario: scenario, policy: policy,
      strategy: .portfolio, limit: configuration.cleanSchedules, expected: [MatrixRecord.Cell.clean], reason: nil)
    if let expectation = configuration.expectations.cell(
      task.column, policy: policy.rawValue, scenario: scenario.rawValue)
    {
      task.limit = max(configuration.failingCap, expectation.within ?? 0)
      task.expected = expectation.outcomes
      task.reason = expectation.reason
    }
    return task
  }

  private static func tasks(_ mutant: Mutant, _ configuration: MatrixConfiguration) -> [Task] {
    let budget = min(mutant.budget, configuration.mutantCap ?? .max)
    let sampled = StrategyName.allCases.map { strategy in
      let isCapped = configuration.isQuick && strategy != .portfolio
      return Task(
        protocolName: .mainline, mutant: mutant, scenario: ScenarioName(rawValue: mutant.scenario),
        policy: mutant.policy,
        strategy: strategy,
        limit: isCapped ? min(budget, MatrixConfiguration.quickStrategySchedules) : budget,
        expected: configuration.expectations.checkers(mutant), reason: nil)
    }
    guard configuration.executionsOfAPair > 0 else { return sampled }
    return sampled + [
      Task(
        protocolName: .mainline, mutant: mutant, policy: mutant.policy, strategy: .portfolio,
        limit: configuration.executionsOfAPair, expected: configuration.expectations.checkers(mutant),
        isExhaustive: true)
    ]
  }
}

extension MatrixPlan.Task {
  func search(of matrix: MatrixConfiguration) -> ExhaustConfiguration {
    var result = ExhaustConfiguration(
      protocolName: protocolName, mutant: mutant, policy: policy, plan: ExhaustPlan(policy: policy, answers: true),
      answers: 1, executionLimit: limit, seconds: nil, jobs: 1)
    result.minimizes = matrix.minimizes
    return result
  }

  func exploration(of matrix: MatrixConfiguration) -> ExploreConfiguration {
    var result = ExploreConfiguration(
      threads: matrix.threads, operations: matrix.operations, scenario: scenario, strategy: strategy,
      length: .schedules(limit), seed: matrix.seed, protocolName: protocolName, mutant: mutant, policy: policy,
      minimizes: matrix.minimizes)
    result.kernel = kernel
    return result
  }
}
