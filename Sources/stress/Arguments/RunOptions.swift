import ArgumentParser
import Campaign
import KernelMMU
import Machine
import MirrorMMU
import SecureEPT

/// The options of `stress run` and the configuration that they make.
///
/// Every value is taken as it stands (`.unconditional`): `--threads -1` is a bad number of threads, not an option `-1`.
struct RunOptions: ParsableArguments {
  /// Rounds are counted in 64 bits; the bound keeps the sum of two such numbers far from overflowing.
  static let mostRounds: UInt64 = 1_000_000_000_000_000

  @Option(
    parsing: .unconditional, help: .init("Threads that race at once, 1...1024. (default: 64)", valueName: "n"),
    transform: NumberArgument.whole(1...1024))
  var threads = 64

  @Option(
    parsing: .unconditional,
    help: .init(
      "Length of the run in seconds, up to 604800; the last round is cut short. (default: 30)", valueName: "s"),
    transform: NumberArgument.seconds)
  var seconds: Double?

  @Option(
    parsing: .unconditional,
    help: .init("Length of the run in rounds, instead of --seconds; makes it repeatable.", valueName: "n"),
    transform: NumberArgument.whole(1...mostRounds))
  var rounds: UInt64?

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var kernel: KernelOptions
  @OptionGroup var counting: CoverageOptions

  @Option(
    parsing: .unconditional,
    help: .init(
      "Weights of the operations; what is not named does not run; see 'stress list operations'.",
      valueName: "name=weight,..."),
    transform: { try MixText.parse($0) })
  var mix: OperationMix?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Share of SEAMCALLs that are answered with an injected BUSY, 0...99. (default: 2)", valueName: "percent"),
    transform: NumberArgument.busyPercent)
  var busy: Double?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Seeded pauses at shared accesses, which widen the races: off, light or heavy. (default: light)",
      valueName: "degree"),
    completion: NameArgument.completion(Perturbation.self),
    transform: { try NameArgument.parse($0) })
  var perturb: Perturbation?

  @Option(
    name: .customLong("memory-gib"), parsing: .unconditional,
    help: .init("Size of the guest's memory in GiB, 1...512. (default: 4)", valueName: "n"),
    transform: NumberArgument.whole(1...512))
  var memoryGiB: Int?

  @Option(
    name: .customLong("first-round"), parsing: .unconditional,
    help: .init("The round to begin with; a report's 'run again' command uses it. (default: 0)", valueName: "n"),
    transform: NumberArgument.whole(0...mostRounds))
  var firstRound: UInt64 = 0

  @Flag(name: .customLong("no-bridge"), help: "Look for no schedule that repeats a violation without threads.")
  var leavesViolationsToThreads = false

  func validate() throws {
    if seconds != nil, rounds != nil {
      throw ValidationError("--seconds and --rounds exclude each other; one of them is allowed")
    }
    try kernel.validate(subject)
    if kernel.checksRaces {
      throw ValidationError("--check-data-races looks at schedules: 'run' takes --plain-accesses, and 'explore' both")
    }
    // Logging is of a whole slot, and a round's guest has private memory in its own.
    if let mix, let operation = [Operation.logDirty, .collectDirty].first(where: { mix.weights[Int($0.rawValue)] > 0 })
    {
      throw ValidationError(
        "--mix \(operation.name) takes a guest without private memory: explore --scenario dirty-logging has one")
    }
    guard kernel.path != nil, let mix else { return }
    let policy = subject.policy ?? .fourK
    // A page is planted before the TD runs, and a round begins after that.
    let missing = Operation.allCases.filter {
      mix.weights[Int($0.rawValue)] > 0 && (!policy.isOffered($0) || $0 == .plant)
    }
    if let operation = missing.first {
      throw ValidationError("--mix \(operation.name) asks for what only the model can do, not a kernel")
    }
    let isPrivate = Operation.allCases.filter { mix.weights[Int($0.rawValue)] > 0 && $0.needsPrivateMemory }
    if let operation = isPrivate.first, let objection = kernel.objectionToPrivateMemory {
      try kernel.refuse("--mix \(operation.name): \(objection)")
    }
  }

  /// What is not given keeps the engine's default, so that it is written down once.
  func configuration(seed: UInt64) throws -> SoakConfiguration {
    var result = SoakConfiguration(threads: threads, seed: seed, mutant: subject.mutant, firstRound: firstRound)
    result.kernel = try kernel.kernel(subject.policy ?? .fourK, coverage: counting.coverage)
    if let seconds { result.length = .seconds(seconds) }
    if let rounds { result.length = .rounds(rounds) }
    if let protocolName = subject.protocolName { result.protocolName = protocolName }
    if let policy = subject.policy { result.policy = policy }
    if let mix { result.mix = mix }
    if let busy { result.busyPercent = busy }
    if let perturb { result.perturbation = perturb }
    if let memoryGiB { result.memoryGiB = memoryGiB }
    result.bridges = !leavesViolationsToThreads
    result.failureDirectory = FailureArchive.currentDirectory
    return result
  }
}
