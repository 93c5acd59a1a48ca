/// What a search of every interleaving saw, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`. All else follows from version and arguments,
/// unless time was the bound.
public struct ExhaustRecord: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public enum Verdict: String, Codable, Sendable {
    /// Every class of every item was executed, and none broke a rule.
    case complete
    /// None that was executed did; of some items, or of all, there are more.
    case partial
    case violation
    case harnessFault = "harness fault"
  }

  /// Operations that raced with each other, from one initial table.
  public struct Item: Codable, Sendable, Equatable {
    public var operations: String
    public var table: String
    /// `complete`, `partial`, `violation`, or `not run`.
    public var end: String
    /// Classes of interleavings that were executed, and executions: a class may be met more than once.
    public var classes: UInt64
    public var executions: UInt64
    public var longest: Int

    public init(operations: String, table: String, end: String, classes: UInt64, executions: UInt64, longest: Int) {
      self.operations = operations
      self.table = table
      self.end = end
      self.classes = classes
      self.executions = executions
      self.longest = longest
    }
  }

  /// The first item that broke a rule.
  public struct Violation: Codable, Sendable, Equatable {
    public var operations: String
    public var table: String
    public var checker: String
    public var rule: String
    public var expected: String
    public var seen: String
    /// Empty where it cannot be repeated by one.
    public var token: String
    /// Of `replays` that came out alike.
    public var verified: Int
    public var replays: Int

    public init(
      operations: String, table: String, checker: String, rule: String, expected: String, seen: String, token: String,
      verified: Int, replays: Int
    ) {
      self.operations = operations
      self.table = table
      self.checker = checker
      self.rule = rule
      self.expected = expected
      self.seen = seen
      self.token = token
      self.verified = verified
      self.replays = replays
    }
  }

  public struct Timing: Codable, Sendable, Equatable {
    public var elapsedSeconds: Double
    public var jobs: Int

    public init(elapsedSeconds: Double, jobs: Int) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
    }
  }

  public var schemaVersion = Self.currentSchemaVersion
  public var engine = Engine.exhaust
  @NullIfAbsent public var build: ToolBuild?
  public var protocolName: String
  @NullIfAbsent public var mutant: String?
  public var policy: String
  /// Questions of a thread that are answered yes in an execution, at most.
  public var answers: Int
  /// Executions of an item, at most.
  public var executionLimit: UInt64
  public var items: [Item]
  @NullIfAbsent public var violation: Violation?
  public var harnessFaults: [String]
  public var interrupted: Bool
  public var verdict: Verdict
  public var timing: Timing

  public init(
    build: ToolBuild?, protocolName: String, mutant: String?, policy: String, answers: Int, executionLimit: UInt64,
    items: [Item], violation: Violation?, harnessFaults: [String], interrupted: Bool, timing: Timing
  ) {
    self.protocolName = protocolName
    self.policy = policy
    self.answers = answers
    self.executionLimit = executionLimit
    self.items = items
    self.harnessFaults = harnessFaults
    self.interrupted = interrupted
    self.timing = timing
    verdict =
      !harnessFaults.isEmpty
      ? .harnessFault
      : violation != nil ? .violation : items.allSatisfy { $0.end == "complete" } ? .complete : .partial
    self.build = build
    self.mutant = mutant
    self.violation = violation
  }
}
