/// What a matrix saw, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`, the racing threads among it. All else follows
/// from version, arguments and expectations. (A mutant that threads missed shows in `differences` and `verdict` too.)
public struct MatrixRecord: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public enum Verdict: String, Codable, Sendable {
    /// Every cell that ran to its end is as the expectations say.
    case asExpected = "as expected"
    case differs
    case harnessFault = "harness fault"
  }

  /// A failing execution, as `stress replay` shows it again.
  public struct Failure: Codable, Sendable, Equatable {
    /// The schedule number that showed it, from 0.
    public var schedule: UInt64
    /// Empty unless all replays in a fresh world broke the same rule by the same events.
    public var token: String
    public var eventHash: String
    public var found: RunRecord.Size
    /// null if the failure was left as it was found.
    @NullIfAbsent public var minimized: RunRecord.Size?
    public var verified: Int
    public var replays: Int
    /// Runs the failing schedule again, with those before it on its episode.
    public var command: String
    /// What happens in it; null where it could not be told.
    @NullIfAbsent public var interleaving: Interleaving?

    public init(
      schedule: UInt64, token: String, eventHash: String, found: RunRecord.Size, minimized: RunRecord.Size?,
      verified: Int, replays: Int, command: String, interleaving: Interleaving? = nil
    ) {
      self.interleaving = interleaving
      self.schedule = schedule
      self.token = token
      self.eventHash = eventHash
      self.found = found
      self.minimized = minimized
      self.verified = verified
      self.replays = replays
      self.command = command
    }
  }

  public struct Cell: Codable, Sendable, Equatable {
    /// No rule was broken in all of the cell's schedules.
    public static let clean = "OK"
    /// An interrupt came before the cell's end.
    public static let unfinished = "unfinished"
    /// The harness failed: nothing is known.
    public static let fault = "harness fault"

    public var `protocol`: String
    /// null in the cells of protocols.
    @NullIfAbsent public var mutant: String?
    public var policy: String
    /// A scenario's name, or `all`.
    public var scenario: String
    public var strategy: String
    /// The schedules that the cell may take, and those that it took.
    public var limit: UInt64
    public var schedules: UInt64
    public var distinctSchedules: UInt64
    /// `OK`, the ID of the checker that fired, `unfinished` or `harness fault`.
    public var outcome: String
    /// The outcomes that are as expected; of a mutant, the checkers that may catch it.
    public var expected: [String]
    /// Why a protocol's cell is expected to be other than `OK`, else null.
    @NullIfAbsent public var reason: String?
    @NullIfAbsent public var failure: Failure?

    public init(
      protocol: String, mutant: String?, policy: String, scenario: String, strategy: String, limit: UInt64,
      schedules: UInt64, distinctSchedules: UInt64, outcome: String, expected: [String], reason: String?,
      failure: Failure?
    ) {
      self.protocol = `protocol`
      self.mutant = mutant
      self.policy = policy
      self.scenario = scenario
      self.strategy = strategy
      self.limit = limit
      self.schedules = schedules
      self.distinctSchedules = distinctSchedules
      self.outcome = outcome
      self.expected = expected
      self.reason = reason
      self.failure = failure
    }

    /// A checker fired.
    public var isBroken: Bool { ![Self.clean, Self.unfinished, Self.fault].contains(outcome) }
    public var isAsExpected: Bool { expected.contains(outcome) }
  }

  /// A cell that is not as expected.
  public struct Difference: Codable, Sendable, Equatable {
    /// `protocol chokepoint, policy 4k, scenario random`, or `mutant lost-zap, strategy portfolio`.
    public var cell: String
    public var expected: [String]
    public var seen: String
    /// Shows it again.
    public var command: String
    /// Empty if no rule was broken, or threads broke it.
    public var token: String

    public init(cell: String, expected: [String], seen: String, command: String, token: String) {
      self.cell = cell
      self.expected = expected
      self.seen = seen
      self.command = command
      self.token = token
    }
  }

  /// One soak with a mutant.
  public struct ThreadRun: Codable, Sendable, Equatable {
    public static let survived = "survived"
    public static let skipped = "skipped"

    public var mutant: String
    public var policy: String
    /// The checker that fired, `survived`, `skipped`, `unfinished` or `harness fault`.
    public var outcome: String
    public var rounds: UInt64
    public var seconds: Double
    /// Why threads may miss the mutant, else null.
    @NullIfAbsent public var mayMiss: String?

    public init(
      mutant: String, policy: String, outcome: String, rounds: UInt64, seconds: Double, mayMiss: String?
    ) {
      self.mutant = mutant
      self.policy = policy
      self.outcome = outcome
      self.rounds = rounds
      self.seconds = seconds
      self.mayMiss = mayMiss
    }

    /// A checker fired.
    public var isBroken: Bool { ![Self.survived, Self.skipped, Cell.unfinished, Cell.fault].contains(outcome) }
  }

  public struct Timing: Codable, Sendable, Equatable {
    public var elapsedSeconds: Double
    public var jobs: Int
    /// In the order of the mutants; empty if threads were left out.
    public var threadRuns: [ThreadRun]

    public init(elapsedSeconds: Double, jobs: Int, threadRuns: [ThreadRun]) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
      self.threadRuns = threadRuns
    }
  }

  public var schemaVersion = Self.currentSchemaVersion
  public var engine = Engine.matrix
  public var seed: String
  public var threads: Int
  public var operationsPerThread: Int
  public var quick: Bool
  /// The axes, in the order of the tables. Those of a part that did not run are empty.
  public var protocols: [String] = []
  public var scenarios: [String] = []
  public var policies: [String] = []
  public var mutants: [String] = []
  public var strategies: [String] = []
  /// By protocol, policy, scenario.
  public var cells: [Cell] = []
  /// By mutant and strategy, each under the mutant's own policy, scenario and budget.
  public var mutantCells: [Cell] = []
  public var differences: [Difference] = []
  public var harnessFaults: [String] = []
  /// Sums over all cells. Distinct within each cell, by happens-before hash.
  public var schedules: UInt64 = 0
  public var distinctSchedules: UInt64 = 0
  public var interrupted = false
  public var verdict = Verdict.asExpected
  public var timing = Timing(elapsedSeconds: 0, jobs: 1, threadRuns: [])
  /// Which build of the tool; null in a record that says it of none.
  @NullIfAbsent public var build: ToolBuild?
  /// The kernel that has a column, named as its `protocol`; null where there is none.
  @NullIfAbsent public var kernel: RunRecord.Kernel?

  /// Of a matrix in which nothing has run.
  public init(seed: String, threads: Int, operationsPerThread: Int, quick: Bool) {
    self.seed = seed
    self.threads = threads
    self.operationsPerThread = operationsPerThread
    self.quick = quick
  }

  /// A mutant that must be caught was not.
  public var hasSurvivor: Bool { differences.contains { $0.seen == ThreadRun.survived } }
}
