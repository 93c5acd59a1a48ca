import Episodes
import KernelMMU
import MirrorMMU
import SecureEPT

/// Everything that decides what a matrix runs. Two matrices with equal configurations, but for `jobs`, give records
/// that are equal but for `timing`.
public struct MatrixConfiguration: Sendable {
  public enum Part: String, CaseIterable, Sendable {
    case protocols, mutants
    /// A user's own kernel, in the scenarios that it has; nothing where there is none.
    case kernel
  }

  /// Schedules of a cell that is expected clean: enough over all cells of a protocol to pass a million.
  public static let fullSchedules: UInt64 = {
    let cells = UInt64(allScenarios.count * Policy.allCases.count)
    return (1_000_000 / cells + 1) / 1_000 * 1_000 + 1_000
  }()
  public static let quickSchedules: UInt64 = 2_000
  /// A cell that is expected to fail ends at its first failure, so its bound may be high.
  static let failingSchedules: UInt64 = 1_000_000
  static let quickFailingSchedules: UInt64 = 50_000
  /// For strategies other than the default one, which has the mutant's whole budget.
  static let quickStrategySchedules: UInt64 = 20_000

  public var parts = Part.allCases
  public var protocols: [ProtocolName] = Self.rows
  public var scenarios = Self.allScenarios
  public var policies = Policy.allCases
  public var mutants = Mutant.allCases
  /// One more column of the protocols' table.
  public var kernel: KernelSubject?
  public var seed: UInt64 = 1
  /// Threads of an episode, 1 to 1024.
  public var threads = 3
  /// Operations of each, 1 to 64.
  public var operations = 3
  /// Few schedules, no minimising, and no threads for mutants that they may miss.
  public var isQuick = false
  /// Of a cell that is expected clean; nil for what `isQuick` says.
  public var schedules: UInt64?
  /// Threads of the machine that run cells at once.
  public var jobs = 1
  public var minimizes = true
  /// Seconds after which threads have missed a mutant; 0 leaves threads out.
  public var threadSeconds = 30.0
  public var expectations = MatrixExpectations()
  /// Bounds the budget of every mutant; nil for their own.
  package var mutantCap: UInt64?

  public init() {}

  /// The protocols of the matrix, in the order of its columns.
  public static var rows: [ProtocolName] { ProtocolName.withAlternatives }

  /// The scenarios of the matrix, in the order of its rows; `micro` has no protocol.
  public static let allScenarios = ScenarioName.allCases.filter { $0 != .micro && $0.isForModel }

  /// Those of `scenarios` that a kernel can be asked for.
  public var kernelScenarios: [ScenarioName] {
    let hasMirrorRoots = kernel?.hasMirrorRoots ?? true
    return scenarios.filter { $0.isComparable && (hasMirrorRoots || $0.isForDirectRoots) }
  }

  static let scenarioNames = allScenarios.map(\.rawValue)
  static let policyNames = Policy.allCases.map(\.rawValue)

  /// Schedules of a cell that is expected clean.
  public var cleanSchedules: UInt64 { schedules ?? (isQuick ? Self.quickSchedules : Self.fullSchedules) }

  var failingCap: UInt64 { isQuick ? Self.quickFailingSchedules : Self.failingSchedules }
}
