/// One run, as `--json` writes it and as every renderer reads it.
///
/// Everything that depends on time or on the machine stands in `timing`: two single-threaded runs of one seed and one
/// number of rounds give records that are equal in all other fields. `schemaVersion` grows when a field changes
/// meaning.
public struct RunRecord: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public enum Verdict: String, Codable, Sendable {
    case clean, violation
    case harnessFault = "harness-fault"
  }

  public struct OutcomeRow: Codable, Sendable, Equatable {
    public var operation: String
    public var outcome: String
    public var count: UInt64
    /// Share of this operation's count, 0 to 1.
    public var share: Double
    public var grade: String
    public var sentence: String

    package init(operation: String, outcome: String, count: UInt64, share: Double, grade: String, sentence: String) {
      self.operation = operation
      self.outcome = outcome
      self.count = count
      self.share = share
      self.grade = grade
      self.sentence = sentence
    }
  }

  public struct CheckerRow: Codable, Sendable, Equatable {
    public var checker: String
    public var rule: String
    /// How often the rule was evaluated; 0 means that it did not run.
    public var checks: UInt64

    package init(checker: String, rule: String, checks: UInt64) {
      self.checker = checker
      self.rule = rule
      self.checks = checks
    }
  }

  /// One line of the merged last events before a violation, oldest first.
  public struct EventRow: Codable, Sendable, Equatable {
    public var thread: Int
    /// Order among the rows; not a time.
    public var order: UInt64
    /// What happened, in the kernel's words: `cmpxchg`, `TDH.MEM.PAGE.AUG`, `read_lock`, …
    public var event: String
    public var gfn: String
    public var level: Int
    /// The SPTE or S-EPT entry before and after, decoded; empty where the event has none.
    public var old: String
    public var new: String

    package init(thread: Int, order: UInt64, event: String, gfn: String, level: Int, old: String, new: String) {
      self.thread = thread
      self.order = order
      self.event = event
      self.gfn = gfn
      self.level = level
      self.old = old
      self.new = new
    }
  }

  public enum Moment: String, Codable, Sendable {
    /// While the initial tables were built: no thread had run, and it is no race.
    case setUp = "set-up"
    case race
    /// All threads had ended.
    case rest
  }

  public struct Violation: Codable, Sendable, Equatable {
    public var checker: String
    public var rule: String
    public var thread: Int
    public var operation: String
    public var gfn: String
    public var level: Int
    public var expected: String
    public var seen: String
    public var round: UInt64
    /// The command that runs that round again.
    public var command: String
    public var events: [EventRow]
    /// When the rule was broken; null in records of versions that did not say.
    @NullIfAbsent public var moment: Moment?
    /// How the violation is repeated step by step; null where no schedule of it is known.
    @NullIfAbsent public var reproduction: Reproduction?

    package init(
      checker: String, rule: String, thread: Int, operation: String, gfn: String, level: Int, expected: String,
      seen: String, round: UInt64, command: String, events: [EventRow], moment: Moment? = nil,
      reproduction: Reproduction? = nil
    ) {
      self.checker = checker
      self.rule = rule
      self.thread = thread
      self.operation = operation
      self.gfn = gfn
      self.level = level
      self.expected = expected
      self.seen = seen
      self.round = round
      self.command = command
      self.events = events
      self.moment = moment
      self.reproduction = reproduction
    }
  }

  /// Latencies of one operation, in nanoseconds.
  public struct Latency: Codable, Sendable, Equatable {
    public var operation: String
    public var count: UInt64
    public var p50: UInt64
    public var p90: UInt64
    public var p99: UInt64
    public var p999: UInt64
    public var max: UInt64

    package init(
      operation: String, count: UInt64, p50: UInt64, p90: UInt64, p99: UInt64, p999: UInt64, max: UInt64
    ) {
      self.operation = operation
      self.count = count
      self.p50 = p50
      self.p90 = p90
      self.p99 = p99
      self.p999 = p999
      self.max = max
    }
  }

  public struct Timing: Codable, Sendable, Equatable {
    public var elapsedSeconds: Double
    public var operationsPerSecond: Double
    public var liveThreads: Int
    public var latencies: [Latency]
    /// Peak resident memory of the process, in bytes.
    public var peakResidentBytes: UInt64

    package init(
      elapsedSeconds: Double = 0, operationsPerSecond: Double = 0, liveThreads: Int = 0, latencies: [Latency] = [],
      peakResidentBytes: UInt64 = 0
    ) {
      self.elapsedSeconds = elapsedSeconds
      self.operationsPerSecond = operationsPerSecond
      self.liveThreads = liveThreads
      self.latencies = latencies
      self.peakResidentBytes = peakResidentBytes
    }
  }

  /// Neither counts anywhere else.
  public struct Cut: Codable, Sendable, Equatable {
    /// Of the last round of a soak, those that no thread has begun.
    public var operations: UInt64
    /// Of an exploration, those that were begun and left where they stood.
    public var schedules: UInt64

    package init(operations: UInt64 = 0, schedules: UInt64 = 0) {
      self.operations = operations
      self.schedules = schedules
    }
  }

  public var schemaVersion = RunRecord.currentSchemaVersion
  public var tool = "stress"
  /// Which build of it; null in a record that says it of none.
  @NullIfAbsent public var build: ToolBuild?
  public var engine = Engine.soak
  public var subject = "model"
  public var `protocol`: String
  /// The mutant's name, null for the protocol as it is.
  @NullIfAbsent public var mutant: String?
  public var policy: String
  /// `0x` and 16 digits, as JSON numbers lose the low bits of a 64-bit seed.
  public var seed: String
  public var threads: Int
  public var mix: [String: Int] = [:]
  public var busyPercent = 0.0
  public var perturb = "off"
  public var memoryGiB = 0
  public var rounds: UInt64 = 0
  public var operations: UInt64 = 0
  /// Digest of the operations that were drawn: equal for equal seeds, whatever the threads did with them.
  public var workload = "0x0000000000000000"
  public var outcomes: [OutcomeRow] = []
  /// Race-coverage name to count.
  public var coverage: [String: UInt64] = [:]
  /// Races that could have been met and were not.
  public var coverageWarnings: [String] = []
  public var checkers: [CheckerRow] = []
  public var violations: [Violation] = []
  public var verdict = Verdict.clean
  /// What the verdict does and does not say.
  public var scope = ""
  /// True when a signal ended the run before its time.
  public var interrupted = false
  /// What went wrong with the harness itself; empty unless the verdict is `harness-fault`.
  public var harnessFaults: [String] = []
  public var timing = Timing()
  /// What a limit or a signal kept from coming to its end; null where nothing was.
  @NullIfAbsent public var cut: Cut?
  /// What an exploration of schedules adds; null for a soak.
  @NullIfAbsent public var exploration: Exploration?
  /// The kernel that was the subject; null for the model.
  @NullIfAbsent public var kernel: Kernel?
  /// What `stress replay` adds; null for everything else.
  @NullIfAbsent public var replay: Replay?
  /// What ran of the kernel's code; left out where it was not counted.
  package var code: CodeCoverage?

  /// Of a run in which nothing has happened.
  package init(protocol: String, policy: String, seed: String, threads: Int) {
    self.protocol = `protocol`
    self.policy = policy
    self.seed = seed
    self.threads = threads
  }
}
