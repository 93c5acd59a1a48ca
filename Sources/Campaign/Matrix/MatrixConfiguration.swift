import Episodes
import KernelMMU
import MirrorMMU
import SecureEPT

/// Everything that decides what a matrix runs. Two matrices with equal configurations, but for `jobs`, give records
/// that are equal but for `timing`.
package struct MatrixConfiguration: Sendable {
  package enum Part: String, CaseIterable, Sendable {
    case protocols, mutants
    /// A user's own kernel, in the scenarios that it has; nothing where there is none.
    case kernel
  }

  /// Schedules of a cell that is expected clean: enough over all cells of a protocol to pass a million.
  package static let fullSchedules: UInt64 = {
    let cells = UInt64(allScenarios.count * Policy.allCases.count)
    return (1_000_000 / cells + 1) / 1_000 * 1_000 + 1_000
  }()
  package static let quickSchedules: UInt64 = 2_000
  /// A cell that is expected to fail ends at its first failure, so its bound may be high.
  static let failingSchedules: UInt64 = 1_000_000
  static let quickFailingSchedules: UInt64 = 50_000
  static let fullPairExecutions: UInt64 = 1_000
  static let quickPairExecutions: UInt64 = 100
  /// For strategies other than the default one, which has the mutant's whole budget.
  static let quickStrategySchedules: UInt64 = 20_000

  package var parts = Part.allCases
  package var protocols: [ProtocolName] = Self.rows
  package var scenarios = Self.allScenarios
  package var policies = Policy.allCases
  package var mutants = Mutant.allCases
  /// One more column of the protocols' table.
  package var kernel: KernelSubject?
  package var seed: UInt64 = 1
  /// Threads of an episode, 1 to 1024.
  package var threads = 3
  /// Operations of each, 1 to 64.
  package var operations = 3
  /// Few schedules, no minimising, and no threads for mutants that they may miss.
  package var isQuick = false
  /// Of a cell that is expected clean; nil for what `isQuick` says.
  package var schedules: UInt64?
  /// Threads of the machine that run cells at once.
  package var jobs = 1
  package var minimizes = true
  /// Seconds after which threads have missed a mutant; 0 leaves threads out.
  package var threadSeconds = 30.0
  package var expectations = MatrixExpectations()
  /// Executions of each operation and each pair in which a mutant is looked for; nil for what `isQuick` says, 0 leaves
  /// that column out.
  package var pairExecutions: UInt64?
  /// Bounds the budget of every mutant; nil for their own.
  package var mutantCap: UInt64?

  package init() {}

  /// The protocols of the matrix, in the order of its columns.
  package static var rows: [ProtocolName] { ProtocolName.withAlternatives }

  /// The scenarios of the matrix, in the order of its rows; `micro` has no protocol.
  package static let allScenarios = ScenarioName.allCases.filter { $0 != .micro && $0.isForModel }

  /// Those of `scenarios` that a kernel can be asked for.
  package var kernelScenarios: [ScenarioName] {
    let hasMirrorRoots = kernel?.hasMirrorRoots ?? true
    return scenarios.filter { $0.isComparable && (hasMirrorRoots || $0.isForDirectRoots) }
  }

  static let scenarioNames = allScenarios.map(\.rawValue)
  static let policyNames = Policy.allCases.map(\.rawValue)

  /// Schedules of a cell that is expected clean.
  package var cleanSchedules: UInt64 { schedules ?? (isQuick ? Self.quickSchedules : Self.fullSchedules) }

  var executionsOfAPair: UInt64 { pairExecutions ?? (isQuick ? Self.quickPairExecutions : Self.fullPairExecutions) }

  var failingCap: UInt64 { isQuick ? Self.quickFailingSchedules : Self.failingSchedules }
}
