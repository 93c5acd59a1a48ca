/// What a comparison of the model with a kernel saw, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`. All else follows from version, arguments and
/// tree.
public struct DiffRecord: Codable, Sendable, Equatable {
  public static let currentSchemaVersion = 1

  public enum Verdict: String, Codable, Sendable {
    /// No episode differs.
    case alike
    case differs
    case harnessFault = "harness fault"
  }

  /// Episodes that differ in one way.
  public struct Class: Codable, Sendable, Equatable {
    public var name: String
    public var episodes: UInt64
    public var firstEpisode: UInt64

    public init(name: String, episodes: UInt64, firstEpisode: UInt64) {
      self.name = name
      self.episodes = episodes
      self.firstEpisode = firstEpisode
    }
  }

  /// The first episode that differs, made small.
  public struct Difference: Codable, Sendable, Equatable {
    /// One step of the two, or what came of the operation; empty where one has none.
    public struct Line: Codable, Sendable, Equatable {
      public var model: String
      public var kernel: String

      public init(model: String, kernel: String) {
        self.model = model
        self.kernel = kernel
      }

      public var isAlike: Bool { model == kernel }
    }

    public var episode: UInt64
    public var `class`: String
    public var scenario: String
    /// Operations as found and as shown.
    public var foundOperations: Int
    public var shownOperations: Int
    /// Each 2M region of the guest: `private` or `shared`.
    public var regions: [String]
    /// BUSY, yields: what the episode may inject.
    public var flags: [String]
    /// In short: what came before.
    public var before: [String]
    /// The operation that differs, with its thread.
    public var operation: String
    public var lines: [Line]
    /// The first line that differs.
    public var firstLine: Int
    /// Shows it again.
    public var command: String

    public init(
      episode: UInt64, class: String, scenario: String, foundOperations: Int, shownOperations: Int,
      regions: [String], flags: [String], before: [String], operation: String, lines: [Line], firstLine: Int,
      command: String
    ) {
      self.episode = episode
      self.class = `class`
      self.scenario = scenario
      self.foundOperations = foundOperations
      self.shownOperations = shownOperations
      self.regions = regions
      self.flags = flags
      self.before = before
      self.operation = operation
      self.lines = lines
      self.firstLine = firstLine
      self.command = command
    }
  }

  public struct Timing: Codable, Sendable, Equatable {
    public var elapsedSeconds: Double
    public var episodesPerSecond: Double
    public var jobs: Int

    public init(elapsedSeconds: Double, episodesPerSecond: Double, jobs: Int) {
      self.elapsedSeconds = elapsedSeconds
      self.episodesPerSecond = episodesPerSecond
      self.jobs = jobs
    }
  }

  public var schemaVersion = Self.currentSchemaVersion
  public var engine = Engine.diff
  /// Which build of the tool; null in a record that says it of none.
  @NullIfAbsent public var build: ToolBuild?
  public var seed: String
  /// A scenario's name, or `all`.
  public var scenario: String
  public var threads: Int
  public var operationsPerThread: Int
  public var firstEpisode: UInt64 = 0
  /// The model's protocol: the one that the kernel follows, unless another was asked for.
  public var model: String
  @NullIfAbsent public var mutant: String?
  /// What it was compared with: null for the model itself.
  @NullIfAbsent public var kernel: RunRecord.Kernel?
  /// Episodes that were compared, and what the model did in them: operations, and steps of which each was compared.
  public var episodes: UInt64 = 0
  public var operations: UInt64 = 0
  public var steps: UInt64 = 0
  public var differing: UInt64 = 0
  public var classes: [Class] = []
  @NullIfAbsent public var difference: Difference?
  /// Names of what was not compared, see docs/kernel.md.
  public var limits: [String] = []
  public var harnessFaults: [String] = []
  public var interrupted = false
  public var verdict = Verdict.alike
  public var timing = Timing(elapsedSeconds: 0, episodesPerSecond: 0, jobs: 1)

  /// Of a comparison in which nothing has run.
  public init(seed: String, scenario: String, threads: Int, operationsPerThread: Int, model: String) {
    self.seed = seed
    self.scenario = scenario
    self.threads = threads
    self.operationsPerThread = operationsPerThread
    self.model = model
  }
}
