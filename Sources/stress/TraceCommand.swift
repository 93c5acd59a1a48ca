import ArgumentParser
import Campaign
import Foundation
import KernelMMU
import Machine
import SecureEPT

/// `stress trace`: an execution step by step, whether or not it breaks a rule.
struct TraceCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Show the interleaving of one schedule, of an episode written by hand, drawn or in a token.",
    discussion: """
      An episode says which operations each thread carries out, on which tables, under which schedule; \
      docs/episodes.md has its form and examples. With --scenario one is drawn from a seed. Whatever breaks a rule \
      gets a token.

      With --episode it is the episode that is printed, in the form in which it can be read and changed, with its \
      schedule written out.

      EXAMPLES:
        stress trace race.episode
        stress trace --scenario fault-zap --seed 3 --episode > race.episode
        stress trace m1:AQhtYWlubGluZQ... --episode
        stress trace race.episode --kernel-tree ~/linux --full

      EXIT CODES:
        0    the schedule breaks no rule; with --episode: the episode was printed
        1    a violation
        64   bad usage, or an episode or a token that cannot be read
        70   the schedule cannot be followed, a fault of the harness, or record or report could not be written
      """)

  @Argument(help: EpisodeArgument.help, completion: EpisodeArgument.completion) var episode: String?

  @Flag(name: .customLong("episode"), help: "Print the episode itself, as text.") var printsEpisode = false

  @Option(
    parsing: .unconditional,
    help: .init("Draw an episode of a scenario and a schedule; see 'stress list scenarios'.", valueName: "name"),
    completion: NameArgument.completion(ScenarioName.self),
    transform: { try NameArgument.parse($0) })
  var scenario: ScenarioName?

  @Option(
    parsing: .unconditional, help: .init("With --scenario: threads, 1...64. (default: 2)", valueName: "n"),
    transform: NumberArgument.whole(1...64))
  var threads: Int?

  @Option(
    parsing: .unconditional, help: .init("With --scenario: operations of each, 1...64. (default: 1)", valueName: "n"),
    transform: NumberArgument.whole(1...64))
  var operations: Int?

  @OptionGroup var subject: SubjectOptions
  @OptionGroup var kernel: KernelOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (episode == nil) != (scenario == nil) else {
      throw ValidationError("trace takes an episode, a token or --scenario NAME, one of them")
    }
    let isDrawn = [threads != nil, operations != nil, subject.seed.given != nil, subject.protocolName != nil]
    if scenario == nil && (isDrawn.contains(true) || subject.mutant != nil || subject.policy != nil) {
      throw ValidationError("what is run stands in the episode; options of the kind go with --scenario")
    }
    if kernel.path != nil && (subject.mutant != nil || subject.protocolName != nil) {
      throw ValidationError("--kernel-tree has neither protocols nor mutants")
    }
    if let scenario, kernel.path != nil, !scenario.isForKernel {
      throw ValidationError("--scenario \(scenario.rawValue) asks for what only the model can do, not a kernel")
    }
    try kernel.validate(scenario)
  }

  func run() throws {
    let files = try output.files()
    let text = try episode.map(EpisodeArgument.read) ?? drawn()
    Signals.ignoreBrokenOutput()
    // What has its schedule is printed as it stands, with nothing run.
    if printsEpisode, case .schedule = text.plan { return try tell(text) }
    let subject = try kernelSubject(of: text)
    let result: EpisodeExecution.Result
    do {
      result = try EpisodeExecution.run(text, kernel: subject)
    } catch {
      throw ValidationError(episode.map { "'\($0)': \(error)" } ?? "\(error)")
    }
    if printsEpisode {
      if result.record.verdict == .harnessFault {
        StandardStreams.error.tell(result.record.harnessFaults.joined(separator: "; "))
        throw ExitCode(ExitStatus.harnessFault)
      }
      return try tell(result.text)
    }
    let isDelivered = Delivery(record: result.record, files: files, output: output).perform()
    ExitStatus.leave(result.record, signal: nil, isDelivered: isDelivered)
  }

  private func drawn() -> EpisodeText {
    guard let scenario else { preconditionFailure("validated") }
    let seed = subject.seed.value
    StandardStreams.error.write("seed \(SeedText.format(seed))\n")
    var draws = SplitMix64(seed: seed, .episode)
    var drawn = Scenario.episode(
      scenario, threads: threads ?? 2, operations: operations ?? 1,
      policy: subject.policy ?? subject.mutant?.policy ?? .fourK, draws: &draws)
    if kernel.path != nil { drawn = drawn.forKernel(hasMirrorRoots: kernel.objectionToPrivateMemory == nil) }
    let isNamed = kernel.path == nil
    return EpisodeText(
      protocolName: isNamed ? subject.protocolName ?? .mainline : nil, mutant: subject.mutant, episode: drawn,
      plan: .seed(seed, .randomWalk))
  }

  private func kernelSubject(of text: EpisodeText) throws -> KernelSubject? {
    if text.kernelTree != nil { return try kernel.kernel(for: text.carrier) }
    guard kernel.path != nil else { return nil }
    guard text.protocolName == nil, text.mutant == nil else {
      throw ValidationError("the episode names a protocol or a mutant of the model, which --kernel-tree has no part in")
    }
    return try kernel.kernel()
  }

  private func tell(_ text: EpisodeText) throws {
    let failure = StandardStreams.output.write(text.text)
    guard let failure, failure != EPIPE else { return }
    StandardStreams.error.tell("the episode was not written: \(String(cString: strerror(failure)))")
    throw ExitCode(ExitStatus.harnessFault)
  }
}
