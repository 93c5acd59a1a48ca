/// What a comparison of the model with a kernel saw, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`. All else follows from version, arguments and
/// tree.
package struct DiffRecord: Codable, Sendable, Equatable {
  package static let currentSchemaVersion = 1

  package enum Verdict: String, Codable, Sendable {
    /// No episode differs.
    case alike
    case differs
    case harnessFault = "harness fault"
  }

  /// Episodes that differ in one way.
  package struct Class: Codable, Sendable, Equatable {
    package var name: String
    package var episodes: UInt64
    package var firstEpisode: UInt64

    package init(name: String, episodes: UInt64, firstEpisode: UInt64) {
      self.name = name
      self.episodes = episodes
      self.firstEpisode = firstEpisode
    }
  }

  /// The first episode that differs, made small.
  package struct Difference: Codable, Sendable, Equatable {
    /// One step of the two, or what came of the operation; empty where one has none.
    package struct Line: Codable, Sendable, Equatable {
      package var model: String
      package var kernel: String

      package init(model: String, kernel: String) {
        self.model = model
        self.kernel = kernel
      }

      package var isAlike: Bool { model == kernel }
    }

    package var episode: UInt64
    package var `class`: String
    package var scenario: String
    /// Operations as found and as shown.
    package var foundOperations: Int
    package var shownOperations: Int
    /// Each 2M region of the guest: `private` or `shared`.
    package var regions: [String]
    /// BUSY, yields: what the episode may inject.
    package var flags: [String]
    /// In short: what came before.
    package var before: [String]
    /// The operation that differs, with its thread.
    package var operation: String
    package var lines: [Line]
    /// The first line that differs.
    package var firstLine: Int
    /// Shows it again.
    package var command: String

    package init(
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

  package struct Timing: Codable, Sendable, Equatable {
    package var elapsedSeconds: Double
    package var episodesPerSecond: Double
    package var jobs: Int

    package init(elapsedSeconds: Double, episodesPerSecond: Double, jobs: Int) {
      self.elapsedSeconds = elapsedSeconds
      self.episodesPerSecond = episodesPerSecond
      self.jobs = jobs
    }
  }

  package var schemaVersion = Self.currentSchemaVersion
  package var engine = Engine.diff
  /// Which build of the tool; null in a record that says it of none.
  @NullIfAbsent package var build: ToolBuild?
  package var seed: String
  /// A scenario's name, or `all`.
  package var scenario: String
  package var threads: Int
  package var operationsPerThread: Int
  package var firstEpisode: UInt64 = 0
  /// The model's protocol: the one that the kernel follows, unless another was asked for.
  package var model: String
  @NullIfAbsent package var mutant: String?
  /// What it was compared with: null for the model itself.
  @NullIfAbsent package var kernel: RunRecord.Kernel?
  /// Episodes that were compared, and what the model did in them: operations, and steps of which each was compared.
  package var episodes: UInt64 = 0
  package var operations: UInt64 = 0
  package var steps: UInt64 = 0
  package var differing: UInt64 = 0
  package var classes: [Class] = []
  @NullIfAbsent package var difference: Difference?
  /// Names of what was not compared, see docs/kernel.md.
  package var limits: [String] = []
  package var harnessFaults: [String] = []
  package var interrupted = false
  package var verdict = Verdict.alike
  package var timing = Timing(elapsedSeconds: 0, episodesPerSecond: 0, jobs: 1)

  /// Of a comparison in which nothing has run.
  package init(seed: String, scenario: String, threads: Int, operationsPerThread: Int, model: String) {
    self.seed = seed
    self.scenario = scenario
    self.threads = threads
    self.operationsPerThread = operationsPerThread
    self.model = model
  }
}
