import Episodes
import Executions
import KernelMMU
import MirrorMMU
import Scheduling
import SecureEPT

/// Everything that decides what an exploration does. Two campaigns with equal configurations, but for `jobs`, bounded
/// by schedules give records that are equal but for `timing`.
public struct ExploreConfiguration: Sendable {
  public enum Length: Sendable, Equatable {
    case seconds(Double)
    case schedules(UInt64)

    /// 0 if time is the bound.
    var schedules: UInt64 {
      if case .schedules(let count) = self { count } else { 0 }
    }
  }

  /// One of `count` disjoint parts of a campaign, from 1.
  public struct Shard: Sendable, Equatable {
    public var index: UInt64
    public var count: UInt64

    public init(index: UInt64, count: UInt64) {
      self.index = index
      self.count = count
    }

    package var text: String { "\(index)/\(count)" }
  }

  /// 1 to 1024.
  public var threads: Int
  /// Per thread, 1 to 4096.
  public var operations: Int
  /// nil for all but `micro`.
  public var scenario: ScenarioName?
  /// Some of the episodes are made of others that have met something new. Of all scenarios alone.
  public var varies = false
  public var strategy: StrategyName
  public var length: Length
  public var seed: UInt64
  public var protocolName: ProtocolName
  public var mutant: Mutant?
  public var policy: Policy
  /// Is run in the place of the model, if there is one.
  public var kernel: KernelSubject?
  /// Threads of the machine that explore at once.
  public var jobs: Int
  public var shard: Shard?
  /// Small episodes are left for others once they only repeat.
  package var exchanges = true
  /// The schedule to begin with; rounded down to where an episode begins.
  public var firstSchedule: UInt64 = 0
  public var minimizes: Bool
  /// Where failures are kept; nil for nowhere.
  public var failureDirectory: String?

  public init(
    threads: Int = 3, operations: Int = 3, scenario: ScenarioName? = nil, strategy: StrategyName = .portfolio,
    length: Length = .schedules(200_000), seed: UInt64, protocolName: ProtocolName = .mainline, mutant: Mutant? = nil,
    policy: Policy? = nil, jobs: Int = 1, shard: Shard? = nil, minimizes: Bool = true,
    failureDirectory: String? = nil
  ) {
    self.threads = threads
    self.operations = operations
    self.scenario = scenario ?? Self.scenario(for: mutant)
    self.strategy = strategy
    self.length = length
    self.seed = seed
    self.protocolName = protocolName
    self.mutant = mutant
    self.policy = policy ?? SoakConfiguration.defaultPolicy(for: mutant)
    self.jobs = jobs
    self.shard = shard
    self.minimizes = minimizes
    self.failureDirectory = failureDirectory
  }

  /// The scenario where none is asked for: all, unless the mutant is out of their reach.
  static func scenario(for mutant: Mutant?) -> ScenarioName? {
    guard let needed = mutant.flatMap({ ScenarioName(rawValue: $0.scenario) }) else { return nil }
    return ScenarioName.dealt.contains(needed) ? nil : needed
  }

  /// Schedules that run on one episode, one after the other: enough to pay for building its tables, few enough to meet
  /// many episodes.
  var episodeSchedules: UInt64 { scenario == .micro ? Self.microSchedules : Self.modelSchedules }

  /// An episode whose schedules only repeat each other is left for another one, in the middle of its chunk. Larger ones
  /// than these hardly repeat: of the default's schedules six of seven are new.
  var exchangesEpisodes: Bool {
    exchanges && !variesEpisodes && scenario != .micro && threads * operations <= Self.mostExchanged
  }

  static let mostExchanged = 4

  var variesEpisodes: Bool { varies && scenario == nil }

  /// Chunks that one worker runs one after the other: those of a family, where episodes have any.
  var chunksPerPiece: UInt64 { variesEpisodes ? Self.familyChunks : 1 }

  /// What the scenario is called.
  var scenarioName: String { scenario?.rawValue ?? (varies ? Self.varied : "all") }

  /// In the place of a scenario: what all of them deal, and what is made of it.
  package static let varied = "varied"

  static let familyChunks: UInt64 = 256

  static let modelSchedules: UInt64 = 16
  static let microSchedules: UInt64 = 1024

  var subject: Subject { Subject(protocolName, mutant, kernel) }
}
