/// What became of the mutants of a commit, complete: its text is made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`.
import Machine

package struct MutationRecord: Codable, Sendable, Equatable {
  package static let currentSchemaVersion = 1
  package static let moreOfOwn: UInt64 = 4

  package enum Verdict: String, Codable, Sendable {
    /// Each mutant was run, or those were listed that would be.
    case complete
    /// The commit itself breaks a rule, or does not build: its mutants would say nothing.
    case broken
    /// It changes no line that could be broken, or the repository lacks what it takes.
    case nothingTried = "nothing tried"
    case harnessFault = "harness fault"
  }

  package enum State: String, Codable, Sendable {
    case found
    case survived
    /// It survives because no run of the commit itself came to one of its lines.
    case neverRan = "never ran"
    /// The compiler makes the same code of it as of the commit.
    case equivalent
    /// The compiler makes the same code of it as of an earlier one.
    case same
    case doesNotBuild = "does not build"
    case notRun = "not run"
    case harnessFault = "harness fault"
  }

  package struct Mutant: Codable, Sendable, Equatable {
    /// File, line and change; the second of the same name has a number.
    package var name: String
    package var file: String
    package var line: Int
    package var function: String
    package var change: String
    /// The lines before and after, each as one.
    package var before: String
    package var after: String
    package var state: State
    /// Why it does not build, what it is the same as, or what the harness could not do; else empty.
    package var reason: String
    /// What broke, for one that was found.
    @NullIfAbsent package var failure: SeriesRecord.Failure?

    package init(
      name: String, file: String, line: Int, function: String, change: String, before: String, after: String
    ) {
      self.name = name
      self.file = file
      self.line = line
      self.function = function
      self.change = change
      self.before = before
      self.after = after
      state = .notRun
      reason = ""
      failure = nil
    }
  }

  package struct Timing: Codable, Sendable, Equatable {
    package var elapsedSeconds: Double
    package var jobs: Int
    /// How much was not known before, and had to be found out.
    package var found: Int

    package init(elapsedSeconds: Double, jobs: Int, found: Int) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
      self.found = found
    }
  }

  package var schemaVersion = Self.currentSchemaVersion
  package var engine = Engine.mutate
  @NullIfAbsent package var build: ToolBuild?
  /// As the user named it.
  package var repository: String
  package var commit: String
  package var subject: String
  /// From which its changes are told.
  package var parent: String
  /// As its Makefile has it; null where it was not built.
  @NullIfAbsent package var version: String?
  package var seed: String
  package var schedules: UInt64
  /// Executions of an item, at most; `moreOfOwn` times as many of those that `operations` take part in.
  package var executions: UInt64
  /// What its changed functions may show in; empty for all.
  package var operations: [String] = []
  /// Lines that it has added or changed.
  package var changedLines = 0
  /// Changes that no run can see.
  package var unseen: [RunRecord.Unseen] = []
  /// Nothing was to be run.
  package var isList = false
  package var mutants: [Mutant] = []
  /// What the commit itself breaks.
  @NullIfAbsent package var failure: SeriesRecord.Failure?
  /// Why there is nothing to break, or why the commit does not build; else empty.
  package var reason = ""
  package var harnessFaults: [String] = []
  package var interrupted = false
  package var verdict = Verdict.complete
  package var timing = Timing(elapsedSeconds: 0, jobs: 1, found: 0)

  /// Of a commit of which nothing has run.
  package init(
    build: ToolBuild?, repository: String, commit: String, subject: String, parent: String, seed: String,
    schedules: UInt64, executions: UInt64
  ) {
    self.repository = repository
    self.commit = commit
    self.subject = subject
    self.parent = parent
    self.seed = seed
    self.schedules = schedules
    self.executions = executions
    self.build = build
    version = nil
    failure = nil
  }

  /// A line for each file and reason.
  package var unseenLines: [String] { UnseenLines.of(unseen.map { ($0.name, $0.file, $0.reason) }) }

  package func count(_ states: State...) -> Int { mutants.count { states.contains($0.state) } }

  /// Those that could have been found.
  package var judged: Int { count(.found, .survived, .neverRan) }
  package var survivors: [Mutant] { mutants.filter { $0.state == .survived || $0.state == .neverRan } }
}

extension MutationRecord: EngineRecord {
  package var conclusion: Conclusion {
    switch verdict {
    case .complete: harnessFaults.isEmpty && count(.harnessFault) == 0 ? .clean : .harnessFault
    case .broken: .found
    case .nothingTried: .nothingTried
    case .harnessFault: .harnessFault
    }
  }
}
