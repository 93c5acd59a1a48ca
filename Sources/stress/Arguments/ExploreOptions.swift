import ArgumentParser
import Campaign
import MirrorMMU
import Scheduling
import SecureEPT

/// The options of `stress explore` and the configuration that they make.
///
/// Every value is taken as it stands (`.unconditional`): `--threads -1` is a bad number of threads, not an option `-1`.
struct ExploreOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: .init("Threads that race, 1...1024. (default: 3)", valueName: "n"),
    transform: NumberArgument.whole(1...1024))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Operations of each thread, 1...64. (default: 3) For --scenario micro its iterations. (default: 2)",
      valueName: "n"),
    transform: NumberArgument.whole(1...64))
  var operations: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "What the threads do; see 'stress list scenarios'. (default: all, or what --mutant needs)", valueName: "name"),
    completion: NameArgument.completion(ScenarioArgument.self),
    transform: { try NameArgument.parse($0) })
  var scenario: ScenarioArgument?

  @Option(
    parsing: .unconditional,
    help: .init("How schedules are chosen; see 'stress list strategies'. (default: portfolio)", valueName: "name"),
    completion: NameArgument.completion(StrategyName.self),
    transform: { try NameArgument.parse($0) })
  var strategy: StrategyName?

  @Option(
    parsing: .unconditional,
    help: .init("Length of the campaign in schedules; makes it repeatable. (default: 200000)", valueName: "n"),
    transform: NumberArgument.whole(1...RunOptions.mostRounds))
  var schedules: UInt64?

  @Option(
    parsing: .unconditional,
    help: .init("Length of the campaign in seconds, up to 604800, instead of --schedules.", valueName: "s"),
    transform: NumberArgument.seconds)
  var seconds: Double?

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var kernel: KernelOptions
  @OptionGroup var counting: CoverageOptions

  @OptionGroup var jobs: JobsOptions

  @Option(
    parsing: .unconditional,
    help: .init(
      "Explore the i-th of n disjoint parts of the campaign, to share it among machines.", valueName: "i/n"),
    transform: { try ShardArgument.parse($0) })
  var shard: ExploreConfiguration.Shard?

  @Option(
    name: .customLong("first-schedule"), parsing: .unconditional,
    help: .init(
      "The schedule to begin with; a report's 'run again' command uses it. (default: 0)", valueName: "n"),
    transform: NumberArgument.whole(0...RunOptions.mostRounds))
  var firstSchedule: UInt64?

  @Flag(name: .customLong("no-minimize"), help: "Report a failing schedule as it was found.")
  var leavesFailuresAsFound = false

  func validate() throws {
    if seconds != nil, schedules != nil {
      throw ValidationError("--seconds and --schedules exclude each other; one of them is allowed")
    }
    try kernel.validate(subject)
    guard kernel.path != nil else {
      if let scenario = scenario?.scenario, !scenario.isForModel {
        throw ValidationError("--scenario \(scenario.rawValue) asks for what only a kernel can do: add --kernel-tree")
      }
      return
    }
    guard let scenario = scenario?.scenario else { return }
    if !scenario.isForKernel {
      throw ValidationError("--scenario \(scenario.rawValue) asks for what only the model can do, not a kernel")
    }
    try kernel.validate(scenario)
    if !scenario.isForKernel(subject.policy ?? .fourK) {
      throw ValidationError("--scenario \(scenario.rawValue) splits private huge pages: add --policy huge")
    }
  }

  /// What is not given keeps the engine's default, so that it is written down once.
  func configuration(seed: UInt64) throws -> ExploreConfiguration {
    var result = ExploreConfiguration(seed: seed, mutant: subject.mutant)
    result.kernel = try kernel.kernel(subject.policy ?? .fourK, coverage: counting.coverage)
    if let threads { result.threads = threads }
    if let operations { result.operations = operations }
    if let scenario {
      result.scenario = scenario.scenario
      result.varies = scenario.varies
    }
    // The common model has two iterations where nothing else is said.
    if result.scenario == .micro && operations == nil { result.operations = 2 }
    if let strategy { result.strategy = strategy }
    if let schedules { result.length = .schedules(schedules) }
    if let seconds { result.length = .seconds(seconds) }
    if let protocolName = subject.protocolName { result.protocolName = protocolName }
    if let policy = subject.policy { result.policy = policy }
    result.jobs = jobs.count
    result.shard = shard
    if let firstSchedule { result.firstSchedule = firstSchedule }
    result.minimizes = !leavesFailuresAsFound
    result.failureDirectory = FailureArchive.currentDirectory
    return result
  }
}
