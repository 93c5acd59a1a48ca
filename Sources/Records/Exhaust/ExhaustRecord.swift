/// What a search of every interleaving saw, complete: its texts are made from this and nothing else.
///
/// Everything that depends on time or on the machine stands in `timing`. All else follows from version and arguments,
/// unless time was the bound.
package struct ExhaustRecord: Codable, Sendable, Equatable {
  package static let currentSchemaVersion = 3

  package enum Verdict: String, Codable, Sendable {
    /// Every class of every item was executed, and none broke a rule.
    case complete
    /// None that was executed did; of some items, or of all, there are more.
    case partial
    case violation
    case harnessFault = "harness fault"
  }

  /// Operations that raced with each other, from one initial table.
  package struct Item: Codable, Sendable, Equatable {
    package var operations: String
    package var table: String
    /// `complete`, `partial`, `violation`, or `not run`.
    package var end: String
    /// Classes of interleavings that were executed, and executions: a class may be met more than once.
    package var classes: UInt64
    /// Where all states are searched instead: of a kernel, and of what has many classes. Their number may differ a
    /// little from run to run, with what is dead on the tasks' stacks.
    package var states: UInt64
    package var executions: UInt64
    package var longest: Int
    /// Where it is not complete: all interleavings were executed in which threads that could go on are left so many
    /// times at most.
    @NullIfAbsent package var bound: Int?

    /// Where states were searched and are not complete: how much of it was, at least as far as the search's way through
    /// it tells, 0 to 1.
    package var explored: Double?

    /// What was counted of it.
    package var size: UInt64 { max(classes, states) }

    package init(
      operations: String, table: String, end: String, classes: UInt64, states: UInt64, executions: UInt64, longest: Int,
      bound: Int? = nil, explored: Double? = nil
    ) {
      self.operations = operations
      self.table = table
      self.end = end
      self.classes = classes
      self.states = states
      self.executions = executions
      self.longest = longest
      self.bound = bound
      self.explored = explored
    }
  }

  /// The first item that broke a rule.
  package struct Violation: Codable, Sendable, Equatable {
    package var operations: String
    package var table: String
    package var checker: String
    package var rule: String
    package var expected: String
    package var seen: String
    /// Empty where it cannot be repeated by one.
    package var token: String
    /// Of `replays` that came out alike.
    package var verified: Int
    package var replays: Int
    @NullIfAbsent package var interleaving: Interleaving?

    package init(
      operations: String, table: String, checker: String, rule: String, expected: String, seen: String, token: String,
      verified: Int, replays: Int, interleaving: Interleaving? = nil
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
      self.interleaving = interleaving
    }
  }

  package struct Timing: Codable, Sendable, Equatable {
    package var elapsedSeconds: Double
    package var jobs: Int

    package init(elapsedSeconds: Double, jobs: Int) {
      self.elapsedSeconds = elapsedSeconds
      self.jobs = jobs
    }
  }

  package var schemaVersion = Self.currentSchemaVersion
  package var engine = Engine.exhaust
  @NullIfAbsent package var build: ToolBuild?
  package var protocolName: String
  @NullIfAbsent package var mutant: String?
  @NullIfAbsent package var kernel: RunRecord.Kernel?
  package var policy: String
  /// Questions of a thread that are answered yes in an execution, at most.
  package var answers: Int
  /// Interleavings in which threads that could go on are left more often are passed over; null for none.
  @NullIfAbsent package var preemptions: Int?
  /// Executions of an item, at most.
  package var executionLimit: UInt64
  package var items: [Item]
  @NullIfAbsent package var violation: Violation?
  package var harnessFaults: [String]
  /// `i/n` of a part; null for the whole.
  @NullIfAbsent package var shard: String?
  package var interrupted: Bool
  package var verdict: Verdict
  package var timing: Timing
  /// What ran of the kernel's code; left out where it was not counted.
  package var code: CodeCoverage?

  package init(
    build: ToolBuild?, protocolName: String, mutant: String?, kernel: RunRecord.Kernel? = nil, policy: String,
    answers: Int, preemptions: Int? = nil, executionLimit: UInt64, items: [Item], violation: Violation?,
    harnessFaults: [String],
    shard: String? = nil, interrupted: Bool, timing: Timing
  ) {
    self.protocolName = protocolName
    self.policy = policy
    self.answers = answers
    self.executionLimit = executionLimit
    self.items = items
    self.harnessFaults = harnessFaults
    self.interrupted = interrupted
    self.timing = timing
    verdict = Self.verdict(items, violation, harnessFaults)
    self.build = build
    self.mutant = mutant
    self.kernel = kernel
    self.violation = violation
    self.shard = shard
    self.preemptions = preemptions
  }

  private static func verdict(_ items: [Item], _ violation: Violation?, _ faults: [String]) -> Verdict {
    if !faults.isEmpty { return .harnessFault }
    if violation != nil { return .violation }
    return items.allSatisfy { $0.end == Self.complete } ? .complete : .partial
  }

  /// `Item.end` of what was executed in every way.
  package static let complete = "complete"
  package static let partial = "partial"
  package static let violation = "violation"
  package static let notRun = "not run"
}

// MARK: Parts

extension ExhaustRecord {
  /// Why records are no parts of one search, in a clause.
  package struct MergeError: Error, CustomStringConvertible {
    package let description: String
  }

  /// What is asked, whoever answers it and in whatever time.
  private var question: [String] {
    [protocolName, mutant ?? "", kernel?.tree ?? "", policy, "\(answers)", Self.text(preemptions)]
      + items.map { "\($0.operations), \($0.table)" }
  }

  /// Whether what is complete in it is complete in a search of this subject by this build, too.
  package func answers(
    protocolName: String, mutant: String?, tree: String?, policy: String, answers: Int, preemptions: Int?,
    build: ToolBuild
  ) -> Bool {
    let asked = [protocolName, mutant ?? "", tree ?? "", policy, "\(answers)", Self.text(preemptions)]
    return Array(question.prefix(asked.count)) == asked && self.build == build
  }

  private static func text(_ preemptions: Int?) -> String { preemptions.map(String.init) ?? "" }

  /// The record of one search from those of its parts: of each item whatever part knows most of it.
  package static func merged(_ parts: [ExhaustRecord]) throws(MergeError) -> ExhaustRecord {
    guard var whole = parts.first else { throw MergeError(description: "there is no record") }
    for part in parts.dropFirst() {
      guard part.question == whole.question, part.build == whole.build else {
        throw MergeError(
          description: "the records are not of one search: subject, policy, answers, items or build differ")
      }
      for (index, item) in part.items.enumerated() where rank(item) > rank(whole.items[index]) {
        let bound = max(item.bound ?? -1, whole.items[index].bound ?? -1)
        whole.items[index] = item
        whole.items[index].bound = item.end == Self.complete || bound < 0 ? nil : bound
      }
      whole.executionLimit = max(whole.executionLimit, part.executionLimit)
      whole.harnessFaults += part.harnessFaults
      whole.interrupted = whole.interrupted || part.interrupted
      whole.timing.elapsedSeconds = max(whole.timing.elapsedSeconds, part.timing.elapsedSeconds)
      whole.timing.jobs += part.timing.jobs
    }
    // The one that a single search would have come to first, as far as the parts tell.
    let found = parts.compactMap(\.violation)
    whole.violation =
      whole.items.lazy.compactMap { item in
        found.first { $0.operations == item.operations && $0.table == item.table }
      }.first
    whole.code = CodeCoverage.sum(parts.compactMap(\.code))
    whole.shard = parts.count == 1 ? whole.shard : nil
    whole.verdict = verdict(whole.items, whole.violation, whole.harnessFaults)
    return whole
  }

  private static func rank(_ item: Item) -> (Int, UInt64) {
    let order = [notRun, "partial", complete, "violation", "fault"]
    return (order.firstIndex(of: item.end) ?? 0, item.executions)
  }
}
