import Executions
import KernelMMU
import MirrorMMU
import SecureEPT

/// Everything that decides what a soak does. Two runs with equal configurations draw equal workloads.
public struct SoakConfiguration: Sendable {
  /// When the run ends. A run bounded by rounds is reproducible; one bounded by time cuts its last round short.
  public enum Length: Sendable, Equatable {
    case seconds(Double)
    case rounds(UInt64)
  }

  /// Live threads, all racing at once. 1 to 1024.
  public var threads: Int
  public var length: Length
  public var seed: UInt64
  public var protocolName: ProtocolName
  public var mutant: Mutant?
  public var policy: Policy
  /// Is run in the place of the model, if there is one.
  public var kernel: KernelSubject?
  public var mix: OperationMix
  /// Share of SEAMCALLs that an injected BUSY answers, in percent, 0 to 100.
  public var busyPercent: Double
  public var perturbation: Perturbation
  /// Size of the guest's memory. 1 to 512.
  public var memoryGiB: Int
  /// The round to begin with: a report's command names the round that failed.
  public var firstRound: UInt64
  /// Each thread works in a 1 GiB range of its own, all memory private: nothing but the locks is shared. For
  /// benchmarks.
  public var isDisjoint = false
  /// Operations of all threads in a round, about: long enough that the barrier costs little, short enough that what
  /// only the barrier sees is seen soon. Tests have shorter ones.
  package var roundOperations = 131_072
  /// A violation is looked for on fibers too, so that the report ends with a schedule that repeats it.
  public var bridges = true
  /// Where the failures are kept that could be repeated; nil for nowhere.
  public var failureDirectory: String?

  public init(
    threads: Int = 64, length: Length = .seconds(30), seed: UInt64, protocolName: ProtocolName = .mainline,
    mutant: Mutant? = nil, policy: Policy? = nil, mix: OperationMix? = nil, busyPercent: Double = 2,
    perturbation: Perturbation = .light, memoryGiB: Int = 4, firstRound: UInt64 = 0
  ) {
    self.threads = threads
    self.length = length
    self.seed = seed
    self.protocolName = protocolName
    self.mutant = mutant
    self.policy = policy ?? Self.defaultPolicy(for: mutant)
    self.mix = mix ?? .default(for: mutant)
    self.busyPercent = busyPercent
    self.perturbation = perturbation
    self.memoryGiB = memoryGiB
    self.firstRound = firstRound
  }

  /// The policy where none is asked for: 4k, unless the mutant needs another.
  static func defaultPolicy(for mutant: Mutant?) -> Policy { mutant?.policy ?? .fourK }

  var subject: Subject { Subject(protocolName, mutant, kernel) }
}

/// How often a thread is paused at a schedule point, seeded per thread.
public enum Perturbation: String, CaseIterable, Sendable {
  case off, light, heavy

  /// Mean number of weighted schedule points between two pauses, nil for none. A fault passes about 60.
  package var meanPoints: UInt64? {
    switch self {
    case .off: nil
    case .light: 6_000
    case .heavy: 400
    }
  }
}
