/// What was seen of a series of commits, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`.
import Machine

public struct SeriesRecord: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public enum Verdict: String, Codable, Sendable {
    /// Each commit that was tried builds and breaks no rule.
    case clean
    /// A commit breaks a rule, or does not build.
    case broken
    /// Of no commit, the base included, there is anything to say.
    case nothingTried = "nothing tried"
    case harnessFault = "harness fault"
  }

  public enum State: String, Codable, Sendable {
    /// It was built and run; what it breaks and mends stands beside.
    case tried
    case doesNotBuild = "does not build"
    /// The files that are used are those of its parent, whose result it shares.
    case notAffected = "not affected"
    case merge
    case notRun = "not run"
    /// The repository lacks what it takes.
    case notReadable = "not readable"
    case harnessFault = "harness fault"
  }

  /// A rule that another commit has broken.
  public struct Since: Codable, Sendable, Equatable {
    public var checker: String
    /// Of the commit that broke it; 0 for the base.
    public var number: Int

    public init(checker: String, number: Int) {
      self.checker = checker
      self.number = number
    }
  }

  public struct Build: Codable, Sendable, Equatable {
    /// The first line of its `--version`.
    public var compiler: String
    /// Why it does not build, one line and the compiler's; null where it does.
    @NullIfAbsent public var failure: String?

    public init(compiler: String, failure: String?) {
      self.compiler = compiler
      self.failure = failure
    }
  }

  /// A search of pairs of operations.
  public struct Pairs: Codable, Sendable, Equatable {
    /// Operations of which one at least takes part; empty for all pairs.
    public var operations: [String]
    public var items: Int
    /// Of them, those whose every interleaving was run.
    public var complete: Int
    public var states: UInt64
    public var executions: UInt64

    public init(operations: [String], items: Int, complete: Int, states: UInt64, executions: UInt64) {
      self.operations = operations
      self.items = items
      self.complete = complete
      self.states = states
      self.executions = executions
    }
  }

  public struct Schedules: Codable, Sendable, Equatable {
    public var schedules: UInt64
    public var distinct: UInt64

    public init(schedules: UInt64, distinct: UInt64) {
      self.schedules = schedules
      self.distinct = distinct
    }
  }

  /// A rule that a commit breaks and its parent does not.
  public struct Failure: Codable, Sendable, Equatable {
    public var checker: String
    public var rule: String
    /// In the words of who found it: `fault x zap, private-empty`, or a scenario.
    public var place: String
    /// `exhaust` or `explore`.
    public var engine: String
    public var expected: String
    public var seen: String
    /// Of the commit at which it was found, which may be a later one.
    public var foundAt: Int
    /// Empty where none repeats it.
    public var token: String
    public var verified: Int
    public var replays: Int
    @NullIfAbsent public var interleaving: Interleaving?

    public init(
      checker: String, rule: String, place: String, engine: String, expected: String, seen: String, foundAt: Int,
      token: String, verified: Int, replays: Int, interleaving: Interleaving?
    ) {
      self.checker = checker
      self.rule = rule
      self.place = place
      self.engine = engine
      self.expected = expected
      self.seen = seen
      self.foundAt = foundAt
      self.token = token
      self.verified = verified
      self.replays = replays
      self.interleaving = interleaving
    }
  }

  public struct Commit: Codable, Sendable, Equatable {
    /// From 1 in the order of the series; 0 is the base.
    public var number: Int
    public var commit: String
    public var subject: String
    public var author: String
    public var state: State
    /// Why it does not build, or what the harness could not do; else empty.
    public var reason: String
    /// What it breaks that its parent did not.
    public var breaks: [Failure]
    public var stillBroken: [Since]
    public var mends: [Since]
    public var builds: [Build]
    /// What the tool had to take of the tree on demand that the parent had not needed.
    public var demands: [String]
    /// Definitions that are compiled, called, and not as in the parent.
    public var changed: [String]
    /// Changes that no run can see.
    public var unseen: [RunRecord.Unseen]
    /// First those that its changes have to do with; null where none were run.
    @NullIfAbsent public var pairs: Pairs?
    @NullIfAbsent public var schedules: Schedules?

    public init(number: Int, commit: String, subject: String, author: String, state: State) {
      self.number = number
      self.commit = commit
      self.subject = subject
      self.author = author
      self.state = state
      reason = ""
      breaks = []
      stillBroken = []
      mends = []
      builds = []
      demands = []
      changed = []
      unseen = []
      pairs = nil
      schedules = nil
    }

    /// Changes that no run can see, a line for each file and reason.
    public var unseenLines: [String] { UnseenLines.of(unseen.map { ($0.name, $0.file, $0.reason) }) }

    /// It was tried, and nothing is broken in it.
    public var isClean: Bool { state == .tried && breaks.isEmpty && stillBroken.isEmpty }
  }

  public struct Timing: Codable, Sendable, Equatable {
    public var elapsedSeconds: Double
    public var jobs: Int
    /// By number of the commit, the base first.
    public var commits: [Double]
    /// In the same order: how much was not known of it before, and had to be found out.
    public var found: [Int]

    public init(elapsedSeconds: Double, jobs: Int, commits: [Double], found: [Int]) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
      self.commits = commits
      self.found = found
    }
  }

  public var schemaVersion = Self.currentSchemaVersion
  public var engine = Engine.series
  @NullIfAbsent public var build: ToolBuild?
  /// As the user named it.
  public var repository: String
  /// `BASE..TIP`, or `mbox`.
  public var range: String
  /// As the base's Makefile has it; null where the base was not built.
  @NullIfAbsent public var version: String?
  public var seed: String
  public var schedules: UInt64
  /// Executions of an item, at most.
  public var executions: UInt64
  /// The base first.
  public var commits: [Commit]
  public var harnessFaults: [String]
  public var interrupted: Bool
  public var verdict: Verdict
  public var timing: Timing

  public init(
    build: ToolBuild?, repository: String, range: String, version: String?, seed: String, schedules: UInt64,
    executions: UInt64, commits: [Commit], harnessFaults: [String], interrupted: Bool, timing: Timing
  ) {
    self.repository = repository
    self.range = range
    self.seed = seed
    self.schedules = schedules
    self.executions = executions
    self.commits = commits
    self.harnessFaults = harnessFaults
    self.interrupted = interrupted
    self.timing = timing
    verdict = Self.verdict(commits, harnessFaults)
    self.build = build
    self.version = version
  }

  private static func verdict(_ commits: [Commit], _ faults: [String]) -> Verdict {
    let own = commits.dropFirst()
    if own.contains(where: { !$0.breaks.isEmpty || !$0.stillBroken.isEmpty }) { return .broken }
    let isTried = commits.contains { $0.state == .tried }
    if isTried && own.contains(where: { $0.state == .doesNotBuild }) { return .broken }
    if !faults.isEmpty { return .harnessFault }
    let isUnread = commits.contains { $0.state == .notReadable }
    if isUnread { return isTried ? .harnessFault : .nothingTried }
    // What was broken before the series is so at its tip, where no commit had a part in it.
    let isBaseBroken = commits.first.map { !$0.breaks.isEmpty } ?? false
    if isBaseBroken && !own.contains(where: { $0.state == .tried }) { return .broken }
    return isTried ? .clean : .nothingTried
  }

  /// Commits of the series itself.
  public var count: Int { max(commits.count - 1, 0) }
}

extension SeriesRecord: EngineRecord {
  public var conclusion: Conclusion {
    switch verdict {
    case .clean: .clean
    case .broken: .found
    case .nothingTried: .nothingTried
    case .harnessFault: .harnessFault
    }
  }
}
