/// The cells of a matrix in the order of its record, each with what is expected of it.
import Exploration
import Machine
import MirrorMMU
import SecureEPT

struct MatrixPlan {
  /// One cell: what is run until it breaks a rule, and what that may be.
  struct Task: Sendable {
    var protocolName: ProtocolName
    var mutant: Mutant?
    /// nil for all.
    var scenario: ScenarioName?
    var policy: Policy
    var strategy: StrategyName
    var limit: UInt64
    var expected: [String]
    var reason: String?
  }

  let protocolTasks: [Task]
  let mutantTasks: [Task]
  var tasks: [Task] { protocolTasks + mutantTasks }
  /// The mutants to race threads with, and why a race may miss one.
  let threadRuns: [(mutant: Mutant, mayMiss: String?)]

  init(_ configuration: MatrixConfiguration) {
    protocolTasks = configuration.parts.contains(.protocols) ? Self.protocolTasks(configuration) : []
    let mutants = configuration.parts.contains(.mutants) ? configuration.mutants : []
    mutantTasks = mutants.flatMap { Self.tasks($0, configuration) }
    threadRuns = mutants.map { ($0, configuration.expectations.mayMiss($0.rawValue)) }
  }

  private static func protocolTasks(_ configuration: MatrixConfiguration) -> [Task] {
    configuration.protocols.flatMap { protocolName in
      configuration.policies.flatMap { policy in
        configuration.scenarios.map { scenario in
          let expectation = configuration.expectations.cell(
            protocolName.rawValue, policy: policy.rawValue, scenario: scenario.rawValue)
          return Task(
            protocolName: protocolName, mutant: nil, scenario: scenario, policy: policy, strategy: .portfolio,
            limit: expectation.map { max(configuration.failingCap, $0.within ?? 0) } ?? configuration.cleanSchedules,
            expected: expectation?.outcomes ?? [MatrixRecord.Cell.clean], reason: expectation?.reason)
        }
      }
    }
  }

  private static func tasks(_ mutant: Mutant, _ configuration: MatrixConfiguration) -> [Task] {
    let budget = min(mutant.budget, configuration.mutantCap ?? .max)
    return StrategyName.allCases.map { strategy in
      let isCapped = configuration.isQuick && strategy != .portfolio
      return Task(
        protocolName: .mainline, mutant: mutant, scenario: ScenarioName(rawValue: mutant.scenario),
        policy: mutant.policy,
        strategy: strategy,
        limit: isCapped ? min(budget, MatrixConfiguration.quickStrategySchedules) : budget,
        expected: configuration.expectations.checkers(mutant), reason: nil)
    }
  }
}

extension MatrixPlan.Task {
  func exploration(of matrix: MatrixConfiguration) -> ExploreConfiguration {
    ExploreConfiguration(
      threads: matrix.threads, operations: matrix.operations, scenario: scenario, strategy: strategy,
      length: .schedules(limit), seed: matrix.seed, protocolName: protocolName, mutant: mutant, policy: policy,
      minimizes: matrix.minimizes)
  }
}
