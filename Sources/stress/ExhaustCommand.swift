import ArgumentParser
import Campaign
import Foundation
import KernelMMU
import MirrorMMU
import Reports
import SecureEPT

/// `stress exhaust`: every class of interleavings of pairs of operations, so that what passes is proven.
struct ExhaustCommand: CampaignCommand {
  static let configuration = CommandConfiguration(
    commandName: "exhaust",
    abstract: "Run all interleavings of pairs of operations, of the model or of a kernel, as far as the time allows.",
    discussion: """
      An item is one operation, or two that race with each other, from one initial table; with --scenario an episode \
      of it, with --episode the one. Of each item every class of \
      interleavings is executed once: two are of one class if they differ only in the order of steps that have nothing \
      to do with each other. What passes completely is proven for that item, for a sequentially consistent machine and \
      so many BUSY answers and yields as --answers says; docs/exhaust.md tells what that includes and what not.

      Items are run with few executions each at first; those that were not complete in all their interleavings with at \
      most two preemptions; then with ten times as many executions, and so on, until --seconds are over or all are \
      complete. What is not is named, and the last line says how much that is. With --resume the next run goes on from \
      there. Shards 1/n to n/n share the items, and 'stress merge' puts their records together.

      Of a kernel (--kernel-tree) all states that the interleavings reach are searched instead of their classes: what \
      its tasks tell each other is known to no list. Of a step alone that begins with a page-table entry which no \
      other task was seen to touch it is believed that nothing else need come before it.

      EXAMPLES:
        stress exhaust
        stress exhaust --pair fault,zap
        stress exhaust --triple fault,zap,guest --table private-leaf
        stress exhaust --threads 3 --preemptions 2 --seconds 600
        stress exhaust --scenario fault-convert --episodes 100
        stress exhaust --episode .stress/failures/dup-1.txt
        stress exhaust --mutant drop-propagate
        stress exhaust --protocol chokepoint --policy huge --seconds 600 --json proof.json
        stress exhaust --kernel-tree ~/linux --seconds 600 --json proof.json
        stress exhaust --kernel-tree ~/linux --resume proof.json --json proof.json

      EXIT CODES:
        0    no class that was executed broke a rule; the last line says whether that were all
        1    a violation
        64   bad usage, nothing was started
        70   a fault of the harness, or record or report could not be written
        130  ended by SIGINT, with report and record of what ran so far
        129  the same by SIGHUP
        143  the same by SIGTERM; a second signal ends the run at once
      """)

  @Option(
    parsing: .unconditional,
    help: .init("Race these two alone; see 'stress list variants'.", valueName: "a,b"),
    transform: { try VariantArgument.parse($0, count: 2) })
  var pair: [String]?

  @Option(
    parsing: .unconditional, help: .init("Run this one alone, with nobody else.", valueName: "a"),
    transform: { try VariantArgument.parse($0, count: 1) })
  var single: [String]?

  @Option(
    parsing: .unconditional, help: .init("Race these three alone.", valueName: "a,b,c"),
    transform: { try VariantArgument.parse($0, count: 3) })
  var triple: [String]?

  @Option(
    parsing: .unconditional,
    help: .init("From this initial table alone; see 'stress list tables'.", valueName: "name"),
    transform: { try VariantArgument.table($0) })
  var table: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Threads: all combinations of so many operations, or episodes of --scenario with so many; 1...8. (default: one "
        + "and two; of a scenario two)", valueName: "n"),
    transform: NumberArgument.whole(1...ExhaustPlan.mostThreads))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: .init("Episodes of this scenario instead; see 'stress list scenarios'.", valueName: "name"),
    completion: NameArgument.completion(ScenarioName.self),
    transform: { try NameArgument.parse($0) })
  var scenario: ScenarioName?

  @Option(
    parsing: .unconditional, help: .init("Episodes of the scenario. (default: 16)", valueName: "n"),
    transform: NumberArgument.whole(1...10_000))
  var episodes: Int?

  @Option(
    parsing: .unconditional,
    help: .init("Operations of each thread of the scenario, 1...8. (default: 1)", valueName: "n"),
    transform: NumberArgument.whole(1...8))
  var operations: Int?

  @Option(
    parsing: .unconditional,
    help: .init("This episode instead: a token, or a file with one or with its text.", valueName: "episode|token"),
    completion: EpisodeArgument.completion)
  var episode: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Only interleavings in which threads that could go on are left so many times, at most, 0...9. (default: all; "
        + "what is not complete soon, with 2 first)", valueName: "n"),
    transform: NumberArgument.whole(0...9))
  var preemptions: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Count classes or states of every item; of a kernel there are states alone. (default: what is complete sooner)",
      valueName: "what"),
    completion: NameArgument.completion(ExhaustConfiguration.Counting.self),
    transform: { try NameArgument.parse($0) })
  var count: ExhaustConfiguration.Counting?

  @Option(
    parsing: .unconditional,
    help: .init("Only what one of these takes part in.", valueName: "a,b,…"),
    transform: { try VariantArgument.parse($0, count: nil) })
  var with: [String]?

  @Option(
    parsing: .unconditional,
    help: .init("BUSY answers and yields of a thread in an execution, at most, 0...4. (default: 1)", valueName: "n"),
    transform: NumberArgument.whole(0...4))
  var answers: Int?

  @Option(
    parsing: .unconditional,
    help: .init("Executions of one item, at most. (default: 5000000)", valueName: "n"),
    transform: NumberArgument.whole(1...1_000_000_000))
  var executions: Int?

  @Option(
    parsing: .unconditional,
    help: .init("End after so many seconds, with what is complete by then. (default: 180)", valueName: "s"),
    transform: NumberArgument.whole(1...86_400))
  var seconds: Int?

  @OptionGroup var jobs: JobsOptions

  @Option(
    parsing: .unconditional,
    help: .init("Execute the i-th of n parts of the items, to share them among machines.", valueName: "i/n"),
    transform: { try ShardArgument.parse($0) })
  var shard: ExploreConfiguration.Shard?

  @Option(
    parsing: .unconditional,
    help: .init("Take over what is complete in this record of the same search.", valueName: "record"),
    completion: RecordArgument.completion)
  var resume: String?

  @Flag(help: "Run all items, whatever was found.") var keepGoing = false

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var kernel: KernelOptions
  @OptionGroup var counting: CoverageOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [single, pair, triple].count(where: { $0 != nil }) <= 1 else {
      throw ValidationError("give one of --single, --pair and --triple")
    }
    let names = single ?? pair ?? triple
    if names != nil, threads != nil { throw ValidationError("the operations that are named say how many threads run") }
    guard scenario == nil || (names == nil && table == nil && episode == nil && with == nil) else {
      throw ValidationError("--scenario draws its own operations and tables: it takes none that are named")
    }
    guard episode == nil || (names == nil && table == nil && threads == nil && with == nil) else {
      throw ValidationError("--episode has its own operations and tables: it takes none that are named")
    }
    if scenario == nil {
      guard subject.seed.given == nil else {
        throw ValidationError("exhaust draws nothing but episodes of a --scenario: it has no --seed without one")
      }
      guard episodes == nil && operations == nil else {
        throw ValidationError("--episodes and --operations are of a --scenario")
      }
    }
    guard count == nil || preemptions == nil else {
      throw ValidationError("with --preemptions it is always states that are counted: it takes no --count")
    }
    guard count != .classes || kernel.path == nil else {
      throw ValidationError(
        "of a kernel no list of what a step touches can be trusted, so it has no classes to count, only states")
    }
    if episode != nil, subject.policy != nil { throw ValidationError("--episode has its own policy") }
    try kernel.validate(subject)
    try counting.validate(kernel, output.reports)
    guard !kernel.checksRaces else {
      throw ValidationError(
        "--check-data-races looks at what one execution has met, of which exhaust leaves out those that come to states "
          + "that are known: use explore")
    }
    if episode == nil && kernel.path == nil { _ = try plan(nil, nil) }
  }

  private var policy: Policy { subject.policy ?? subject.mutant?.policy ?? .fourK }

  private func plan(_ kernel: KernelSubject?, _ text: EpisodeText?) throws -> ExhaustPlan {
    let mayAnswer = (answers ?? 1) > 0
    if let text {
      do {
        return try ExhaustPlan(text, kernel: kernel)
      } catch {
        throw ValidationError("--episode: \(error)")
      }
    }
    if let scenario {
      return ExhaustPlan(
        scenario: scenario, seed: subject.seed.given ?? 1, episodes: episodes ?? 16, threads: threads ?? 2,
        operations: operations ?? 1, policy: policy, answers: mayAnswer, kernel: kernel)
    }
    let plan = ExhaustPlan(
      policy: policy, operations: single ?? pair ?? triple ?? [], threads: threads, table: table, answers: mayAnswer,
      kernel: kernel
    ).with(with ?? [])
    guard !plan.items.isEmpty else {
      throw ValidationError(
        "there is no table in which all of these mean something under policy \(policy.rawValue)"
          + (kernel == nil ? "" : " for this kernel") + "; see 'stress list variants' and 'stress list tables'")
    }
    return plan
  }

  /// What the episode names is what it is run on.
  private func read() throws -> EpisodeText? {
    guard var text = try episode.map(EpisodeArgument.read) else { return nil }
    guard kernel.path == nil || text.protocolName == nil && text.mutant == nil else {
      throw ValidationError("the episode names a protocol or a mutant of the model, which --kernel-tree has no part in")
    }
    if text.kernelTree != nil && kernel.path == nil {
      throw ValidationError("the episode is one of a kernel: say which with --kernel-tree")
    }
    text.protocolName = subject.protocolName ?? text.protocolName
    text.mutant = subject.mutant ?? text.mutant
    return text
  }

  /// The record to go on from.
  private func earlier() throws -> ExhaustRecord? {
    guard let resume else { return nil }
    guard case .exhaust(let record) = try RecordArgument.read(resume) else {
      throw ValidationError("'\(resume)' is no record of 'stress exhaust'")
    }
    return record
  }

  var kernelOptions: KernelOptions? { kernel }

  func campaign() throws -> PreparedCampaign<Exhaust> {
    let earlier = try earlier()
    let text = try read()
    let policy = text?.episode.policy ?? policy
    let kernel = try kernel.kernel(policy, coverage: counting.coverage)
    let plan = try plan(kernel, text)
    var configuration = ExhaustConfiguration(
      protocolName: text?.protocolName ?? subject.protocolName ?? .mainline, mutant: text?.mutant ?? subject.mutant,
      kernel: kernel, policy: policy, plan: plan, answers: answers ?? 1,
      executionLimit: UInt64(executions ?? 5_000_000), seconds: Double(seconds ?? 180),
      jobs: jobs.count)
    configuration.preemptions = preemptions
    configuration.counting = count
    configuration.keepsGoing = keepGoing
    configuration.shard = shard
    configuration.failureDirectory = FailureArchive.currentDirectory
    if let earlier, let resume, !configuration.resume(earlier) {
      throw ValidationError(
        "'\(resume)' is of another search: subject, policy, answers or preemptions differ, or another build of stress "
          + "made it")
    }
    return PreparedCampaign(
      engine: Exhaust(configuration: configuration),
      announcement: "\(plan.items.count) items, up to \(seconds ?? 180) s")
  }
}

/// The names of variants and tables.
enum VariantArgument {
  /// - Parameter count: of names; nil for any number of them.
  static func parse(_ text: String, count: Int?) throws -> [String] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard count.map({ $0 == names.count }) ?? true else {
      throw ValidationError("'\(text)' is not \(count ?? 0) names with commas between them; see 'stress list variants'")
    }
    let known = Set(Policy.allCases.flatMap { OperationVariant.all($0).map(\.name) })
    if let unknown = names.first(where: { !known.contains($0) }) {
      throw ValidationError("there is no variant '\(unknown)'; see 'stress list variants'")
    }
    return names
  }

  static func table(_ text: String) throws -> String {
    guard Policy.allCases.contains(where: { InitialTable.all($0).contains { $0.name == text } }) else {
      throw ValidationError("there is no table '\(text)'; see 'stress list tables'")
    }
    return text
  }
}
