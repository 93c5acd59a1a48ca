/// What a record says of schedules: how many were run, and how a violation is repeated step by step.
extension RunRecord {
  public struct Exploration: Codable, Sendable, Equatable {
    /// Executions that were run to their end.
    public var schedules: UInt64
    /// Of them, how many differ in what happened before what (by happens-before hash).
    public var distinctSchedules: UInt64
    /// False once the count is an estimate, made from a sample of the hashes.
    public var distinctIsExact: Bool
    /// Share of the last `window` schedules that no earlier one was equal to, 0 to 1.
    public var newShare: Double
    public var window: UInt64
    /// Shared accesses, locks and SEAMCALLs that were scheduled, over all executions.
    public var schedulePoints: UInt64
    /// The scenario's name, or `all`.
    public var scenario: String
    public var strategy: String
    public var operationsPerThread: Int
    /// `i/n` for the i-th of n disjoint parts of a campaign, else null.
    @NullIfAbsent public var shard: String?
    /// What `stress merge` needs of a shard, see `ShardSketch`; null for a whole campaign.
    @NullIfAbsent public var sketch: String?

    package init(
      schedules: UInt64, distinctSchedules: UInt64, distinctIsExact: Bool, newShare: Double, window: UInt64,
      schedulePoints: UInt64, scenario: String, strategy: String, operationsPerThread: Int, shard: String?,
      sketch: String? = nil
    ) {
      self.schedules = schedules
      self.distinctSchedules = distinctSchedules
      self.distinctIsExact = distinctIsExact
      self.newShare = newShare
      self.window = window
      self.schedulePoints = schedulePoints
      self.scenario = scenario
      self.strategy = strategy
      self.operationsPerThread = operationsPerThread
      self.shard = shard
      self.sketch = sketch
    }
  }

  /// The size of a failing execution.
  public struct Size: Codable, Sendable, Equatable {
    public var operations: Int
    public var threads: Int
    public var steps: Int
    public var preemptions: Int

    package init(operations: Int, threads: Int, steps: Int, preemptions: Int) {
      self.operations = operations
      self.threads = threads
      self.steps = steps
      self.preemptions = preemptions
    }
  }

  /// A token on the subject without what was broken or changed in it: it should break no rule there.
  public struct Reference: Codable, Sendable, Equatable {
    /// What it was run on, for example `mainline` or `commit 0123456789ab`.
    public var subject: String
    /// The rule that it breaks there as well; null if it breaks none.
    @NullIfAbsent public var checker: String?
    /// Schedules that were drawn where the token's own does not fit; 0 where it does.
    public var schedules: Int
    /// Why nothing is known; null if it was run.
    @NullIfAbsent public var problem: String?

    package init(subject: String, checker: String? = nil, schedules: Int = 0, problem: String? = nil) {
      self.subject = subject
      self.checker = checker
      self.schedules = schedules
      self.problem = problem
    }
  }

  /// How a violation is repeated.
  public struct Reproduction: Codable, Sendable, Equatable {
    /// What stands for a scenario where the episode is made of the operations of a soak's round.
    public static let roundScenario = "soak-round"

    /// What `stress replay` takes; empty if no schedule was found that shows the violation.
    public var token: String
    public var scenario: String
    /// The schedule number of the campaign that showed it first.
    public var schedule: UInt64
    /// As it was found, and after minimising; the latter null if that was not done.
    public var found: Size
    @NullIfAbsent public var minimized: Size?
    /// Executions that minimising took, and whether it ended before its budget: nothing more can be taken away then.
    public var minimizingExecutions: UInt64
    public var isMinimal: Bool
    /// Every schedule of the episode with fewer preemptions was gone through, and none breaks a rule; absent where that
    /// was not done.
    public var hasFewestPreemptions: Bool?
    /// Hash of all events of the execution, `0x` and 16 digits.
    public var eventHash: String
    /// How many replays of the token gave the same checker and event hash, of `replays`.
    public var verified: Int
    public var replays: Int
    /// For a violation that threads found: schedules that were run to find one that repeats it.
    @NullIfAbsent public var bridgedSchedules: UInt64?
    /// What the same token does where nothing is broken on purpose; null where no such subject is known.
    @NullIfAbsent public var reference: Reference?
    @NullIfAbsent public var interleaving: Interleaving?

    package init(
      token: String, scenario: String, schedule: UInt64, found: Size, minimized: Size?, minimizingExecutions: UInt64,
      isMinimal: Bool, eventHash: String, verified: Int, replays: Int, bridgedSchedules: UInt64? = nil,
      reference: Reference? = nil, interleaving: Interleaving?
    ) {
      self.token = token
      self.scenario = scenario
      self.schedule = schedule
      self.found = found
      self.minimized = minimized
      self.minimizingExecutions = minimizingExecutions
      self.isMinimal = isMinimal
      self.eventHash = eventHash
      self.verified = verified
      self.replays = replays
      self.bridgedSchedules = bridgedSchedules
      self.reference = reference
      self.interleaving = interleaving
    }
  }
}
