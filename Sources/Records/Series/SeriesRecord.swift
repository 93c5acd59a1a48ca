/// What was seen of a series of commits, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`.
import Machine

package struct SeriesRecord: Codable, Sendable, Equatable {
  package static let currentSchemaVersion = 1

  package enum Verdict: String, Codable, Sendable {
    /// Each commit that was tried builds and breaks no rule.
    case clean
    /// A commit breaks a rule, or does not build.
    case broken
    /// Of no commit, the base included, there is anything to say.
    case nothingTried = "nothing tried"
    case harnessFault = "harness fault"
  }

  @usableFromInline package enum State: String, Codable, Sendable {
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
  package struct Since: Codable, Sendable, Equatable {
    package var checker: String
    /// Of the commit that broke it; 0 for the base.
    package var number: Int

    package init(checker: String, number: Int) {
      self.checker = checker
      self.number = number
    }
  }

  package struct Build: Codable, Sendable, Equatable {
    /// The first line of its `--version`.
    package var compiler: String
    /// Why it does not build, one line and the compiler's; null where it does.
    @NullIfAbsent package var failure: String?

    package init(compiler: String, failure: String?) {
      self.compiler = compiler
      self.failure = failure
    }
  }

  /// A search of pairs of operations.
  package struct Pairs: Codable, Sendable, Equatable {
    /// Operations of which one at least takes part; empty for all pairs.
    package var operations: [String]
    package var items: Int
    /// Of them, those whose every interleaving was run.
    package var complete: Int
    package var states: UInt64
    package var executions: UInt64

    package init(operations: [String], items: Int, complete: Int, states: UInt64, executions: UInt64) {
      self.operations = operations
      self.items = items
      self.complete = complete
      self.states = states
      self.executions = executions
    }
  }

  package struct Schedules: Codable, Sendable, Equatable {
    package var schedules: UInt64
    package var distinct: UInt64

    package init(schedules: UInt64, distinct: UInt64) {
      self.schedules = schedules
      self.distinct = distinct
    }
  }

  /// A rule that a commit breaks and its parent does not.
  package struct Failure: Codable, Sendable, Equatable {
    package var checker: String
    package var rule: String
    /// In the words of who found it: `fault x zap, private-empty`, or a scenario.
    package var place: String
    /// `exhaust` or `explore`.
    package var engine: String
    package var expected: String
    package var seen: String
    /// Of the commit at which it was found, which may be a later one.
    package var foundAt: Int
    /// Empty where none repeats it.
    package var token: String
    package var verified: Int
    package var replays: Int
    @NullIfAbsent package var interleaving: Interleaving?

    package init(
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

  /// A line that a commit has added or changed, and that was compiled.
  package struct ChangedLine: Codable, Sendable, Equatable {
    package var file: String
    package var line: Int
    package var text: String
    /// How often it ran.
    package var count: UInt64

    package init(file: String, line: Int, text: String, count: UInt64) {
      self.file = file
      self.line = line
      self.text = text
      self.count = count
    }
  }

  package struct Commit: Codable, Sendable, Equatable {
    /// From 1 in the order of the series; 0 is the base.
    package var number: Int
    package var commit: String
    package var subject: String
    package var author: String
    package var state: State
    /// Why it does not build, or what the harness could not do; else empty.
    package var reason: String
    /// What it breaks that its parent did not.
    package var breaks: [Failure]
    package var stillBroken: [Since]
    package var mends: [Since]
    package var builds: [Build]
    /// What the tool had to take of the tree on demand that the parent had not needed.
    package var demands: [String]
    /// Definitions that are compiled, called, and not as in the parent.
    package var changed: [String]
    /// Changes that no run can see.
    package var unseen: [RunRecord.Unseen]
    /// First those that its changes have to do with; null where none were run.
    @NullIfAbsent package var pairs: Pairs?
    @NullIfAbsent package var schedules: Schedules?
    /// Left out where nothing was counted.
    package var lines: [ChangedLine]?

    package init(number: Int, commit: String, subject: String, author: String, state: State) {
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

    /// Changed lines that never ran.
    package var linesNotRun: [ChangedLine] { (lines ?? []).filter { $0.count == 0 } }

    /// Changes that no run can see, a line for each file and reason.
    package var unseenLines: [String] { UnseenLines.of(unseen.map { ($0.name, $0.file, $0.reason) }) }

    /// It was tried, and nothing is broken in it.
    package var isClean: Bool { state == .tried && breaks.isEmpty && stillBroken.isEmpty }
  }

  package struct Timing: Codable, Sendable, Equatable {
    package var elapsedSeconds: Double
    package var jobs: Int
    /// By number of the commit, the base first.
    package var commits: [Double]
    /// In the same order: how much was not known of it before, and had to be found out.
    package var found: [Int]

    package init(elapsedSeconds: Double, jobs: Int, commits: [Double], found: [Int]) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
      self.commits = commits
      self.found = found
    }
  }

  package var schemaVersion = Self.currentSchemaVersion
  package var engine = Engine.series
  @NullIfAbsent package var build: ToolBuild?
  /// As the user named it.
  package var repository: String
  /// `BASE..TIP`, or `mbox`.
  package var range: String
  /// As the base's Makefile has it; null where the base was not built.
  @NullIfAbsent package var version: String?
  package var seed: String
  package var schedules: UInt64
  /// Executions of an item, at most.
  package var executions: UInt64
  /// The base first.
  package var commits: [Commit]
  package var harnessFaults: [String]
  package var interrupted: Bool
  package var verdict: Verdict
  package var timing: Timing
  /// What ran of the last commit that was tried; left out where it was not counted.
  package var code: CodeCoverage?

  package init(
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
  package var count: Int { max(commits.count - 1, 0) }
}

extension SeriesRecord: EngineRecord {
  package var conclusion: Conclusion {
    switch verdict {
    case .clean: .clean
    case .broken: .found
    case .nothingTried: .nothingTried
    case .harnessFault: .harnessFault
    }
  }
}
