/// What a matrix saw, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`, the racing threads among it. All else follows
/// from version, arguments and expectations. (A mutant that threads missed shows in `differences` and `verdict` too.)
package struct MatrixRecord: Codable, Sendable, Equatable {
  package static let currentSchemaVersion = 1

  package enum Verdict: String, Codable, Sendable {
    /// Every cell that ran to its end is as the expectations say.
    case asExpected = "as expected"
    case differs
    case harnessFault = "harness fault"
  }

  /// A failing execution, as `stress replay` shows it again.
  package struct Failure: Codable, Sendable, Equatable {
    /// The schedule number that showed it, from 0.
    package var schedule: UInt64
    /// Empty unless all replays in a fresh world broke the same rule by the same events.
    package var token: String
    package var eventHash: String
    package var found: RunRecord.Size
    /// null if the failure was left as it was found.
    @NullIfAbsent package var minimized: RunRecord.Size?
    package var verified: Int
    package var replays: Int
    /// Runs the failing schedule again, with those before it on its episode.
    package var command: String
    /// What happens in it; null where it could not be told.
    @NullIfAbsent package var interleaving: Interleaving?

    package init(
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

  package struct Cell: Codable, Sendable, Equatable {
    /// No rule was broken in all of the cell's schedules.
    package static let clean = "OK"
    /// An interrupt came before the cell's end.
    package static let unfinished = "unfinished"
    /// The harness failed: nothing is known.
    package static let fault = "harness fault"
    /// In the place of a strategy: every interleaving of each operation and each pair, up to `limit` executions each.
    package static let exhaust = "exhaust"
    /// What runs there, in the place of a scenario.
    package static let pairs = "pairs"

    package var `protocol`: String
    /// null in the cells of protocols.
    @NullIfAbsent package var mutant: String?
    package var policy: String
    /// A scenario's name, or `all`.
    package var scenario: String
    package var strategy: String
    /// The schedules that the cell may take, and those that it took.
    package var limit: UInt64
    package var schedules: UInt64
    package var distinctSchedules: UInt64
    /// `OK`, the ID of the checker that fired, `unfinished` or `harness fault`.
    package var outcome: String
    /// The outcomes that are as expected; of a mutant, the checkers that may catch it.
    package var expected: [String]
    /// Why a protocol's cell is expected to be other than `OK`, else null.
    @NullIfAbsent package var reason: String?
    @NullIfAbsent package var failure: Failure?

    package init(
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
    package var isBroken: Bool { ![Self.clean, Self.unfinished, Self.fault].contains(outcome) }
    package var isAsExpected: Bool { expected.contains(outcome) }
    /// The mutant must be caught here.
    package var mustCatch: Bool { strategy == "portfolio" || strategy == Self.exhaust }
  }

  /// A cell that is not as expected.
  package struct Difference: Codable, Sendable, Equatable {
    /// `protocol chokepoint, policy 4k, scenario random`, or `mutant lost-zap, strategy portfolio`.
    package var cell: String
    package var expected: [String]
    package var seen: String
    /// Shows it again.
    package var command: String
    /// Empty if no rule was broken, or threads broke it.
    package var token: String

    package init(cell: String, expected: [String], seen: String, command: String, token: String) {
      self.cell = cell
      self.expected = expected
      self.seen = seen
      self.command = command
      self.token = token
    }
  }

  /// One soak with a mutant.
  package struct ThreadRun: Codable, Sendable, Equatable {
    package static let survived = "survived"
    package static let skipped = "skipped"

    package var mutant: String
    package var policy: String
    /// The checker that fired, `survived`, `skipped`, `unfinished` or `harness fault`.
    package var outcome: String
    package var rounds: UInt64
    package var seconds: Double
    /// Why threads may miss the mutant, else null.
    @NullIfAbsent package var mayMiss: String?

    package init(
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
    package var isBroken: Bool { ![Self.survived, Self.skipped, Cell.unfinished, Cell.fault].contains(outcome) }
  }

  package struct Timing: Codable, Sendable, Equatable {
    package var elapsedSeconds: Double
    package var jobs: Int
    /// In the order of the mutants; empty if threads were left out.
    package var threadRuns: [ThreadRun]

    package init(elapsedSeconds: Double, jobs: Int, threadRuns: [ThreadRun]) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
      self.threadRuns = threadRuns
    }
  }

  package var schemaVersion = Self.currentSchemaVersion
  package var engine = Engine.matrix
  package var seed: String
  package var threads: Int
  package var operationsPerThread: Int
  package var quick: Bool
  /// The axes, in the order of the tables. Those of a part that did not run are empty.
  package var protocols: [String] = []
  package var scenarios: [String] = []
  package var policies: [String] = []
  package var mutants: [String] = []
  package var strategies: [String] = []
  /// By protocol, policy, scenario.
  package var cells: [Cell] = []
  /// By mutant and strategy, each under the mutant's own policy, scenario and budget.
  package var mutantCells: [Cell] = []
  package var differences: [Difference] = []
  package var harnessFaults: [String] = []
  /// Sums over all cells. Distinct within each cell, by happens-before hash.
  package var schedules: UInt64 = 0
  package var distinctSchedules: UInt64 = 0
  package var interrupted = false
  package var verdict = Verdict.asExpected
  package var timing = Timing(elapsedSeconds: 0, jobs: 1, threadRuns: [])
  /// Which build of the tool; null in a record that says it of none.
  @NullIfAbsent package var build: ToolBuild?
  /// The kernel that has a column, named as its `protocol`; null where there is none.
  @NullIfAbsent package var kernel: RunRecord.Kernel?

  /// Of a matrix in which nothing has run.
  package init(seed: String, threads: Int, operationsPerThread: Int, quick: Bool) {
    self.seed = seed
    self.threads = threads
    self.operationsPerThread = operationsPerThread
    self.quick = quick
  }

  /// A mutant that must be caught was not.
  package var hasSurvivor: Bool { differences.contains { $0.seen == ThreadRun.survived } }
}
