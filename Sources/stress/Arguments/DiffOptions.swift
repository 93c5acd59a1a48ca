import ArgumentParser
import Campaign
import MirrorMMU
import SecureEPT

/// The options of `stress diff` and the configuration that they make.
///
/// Every value is taken as it stands (`.unconditional`): `--threads -1` is a bad number of threads, not an option `-1`.
struct DiffOptions: ParsableArguments {
  @OptionGroup var kernel: KernelOptions

  @Option(
    parsing: .unconditional, help: .init("Episodes to compare. (default: 10000)", valueName: "n"),
    transform: NumberArgument.whole(1...RunOptions.mostRounds))
  var episodes: UInt64?

  @OptionGroup var seed: SeedOptions

  @Option(
    parsing: .unconditional,
    help: .init("What the operations are about; see 'stress list scenarios'. (default: all)", valueName: "name"),
    completion: NameArgument.completion(ScenarioArgument.self),
    transform: { try NameArgument.parse($0) })
  var scenario: ScenarioArgument?

  @Option(
    name: .customLong("first-episode"), parsing: .unconditional,
    help: .init(
      "The episode to begin with; a report's 'again' command uses it. (default: 0)", valueName: "n"),
    transform: NumberArgument.whole(0...RunOptions.mostRounds))
  var firstEpisode: UInt64?

  @Option(
    parsing: .unconditional,
    help: .init("Threads whose operations take turns, 1...64. (default: 3)", valueName: "n"),
    transform: NumberArgument.whole(1...64))
  var threads: Int?

  @Option(
    parsing: .unconditional, help: .init("Operations of each thread, 1...64. (default: 3)", valueName: "n"),
    transform: NumberArgument.whole(1...64))
  var operations: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Break the model in one way, to see the comparison find it; see 'stress list mutants'.", valueName: "name"),
    completion: NameArgument.completion(Mutant.self),
    transform: { try NameArgument.parse($0) })
  var mutant: Mutant?

  @OptionGroup var jobs: JobsOptions

  @Option(
    name: .customLong("protocol"), parsing: .unconditional,
    help: .init(
      "The model's protocol; see 'stress list protocols'. (default: the one that the tree's code follows)",
      valueName: "name"),
    completion: ProtocolArgument.completion,
    transform: { try ProtocolArgument.parse($0) })
  var protocolName: ProtocolName?

  @Flag(name: .customLong("keep-going"), help: "Compare all episodes, and count those that differ by class.")
  var keepsGoing = false

  func validate() throws {
    guard kernel.path != nil else {
      throw ValidationError("diff needs --kernel-tree PATH, what the model is compared with")
    }
    if let objection = kernel.objectionToPrivateMemory {
      try kernel.refuse("diff: \(objection), and the model that it would be compared with is of a TD")
    }
    if scenario?.varies == true {
      throw ValidationError("--scenario varied learns from executions, of which a comparison has one: leave it out")
    }
    if let scenario = scenario?.scenario, !scenario.isForModel {
      throw ValidationError(
        "--scenario \(scenario.rawValue) asks for what only a kernel can do, not the model, so nothing can be compared")
    }
    if let scenario = scenario?.scenario, !scenario.isForKernel {
      throw ValidationError("--scenario \(scenario.rawValue) asks for what only the model can do, not a kernel")
    }
    if let scenario = scenario?.scenario, !scenario.isComparable {
      throw ValidationError("--scenario \(scenario.rawValue) is about what model and kernel cannot be compared in")
    }
  }

  /// What is not given keeps the engine's default, so that it is written down once.
  func configuration() throws -> DifferentialConfiguration {
    var result = DifferentialConfiguration(seed: seed.value)
    result.kernel = try kernel.kernel()
    if let episodes { result.episodes = episodes }
    if let firstEpisode { result.firstEpisode = firstEpisode }
    if let scenario { result.scenario = scenario.scenario }
    if let threads { result.threads = threads }
    if let operations { result.operations = operations }
    result.mutant = mutant
    if let followed = result.kernel.flatMap({ ProtocolName(rawValue: $0.followedProtocol) }) {
      result.protocolName = followed
    }
    if let protocolName { result.protocolName = protocolName }
    result.choosesProtocol = protocolName != nil
    if let mutant, !mutant.applies(to: result.protocolName) {
      throw ValidationError(
        "--mutant \(mutant.rawValue) breaks a step of protocol mainline, which \(result.protocolName.rawValue) lacks")
    }
    result.jobs = jobs.count
    result.keepsGoing = keepsGoing
    return result
  }
}
