import ArgumentParser
import Campaign

/// How many of the machine's processors a command takes.
struct JobsOptions: ParsableArguments {
  private static let most = 256

  @Option(
    name: .customLong("jobs"), parsing: .unconditional,
    help: .init("Processors to run on, 1...\(most); the result is the same for any. (default: all)", valueName: "n"),
    transform: NumberArgument.whole(1...most))
  var given: Int?

  /// Those that were asked for, or all.
  var count: Int { given ?? min(Processors.usable, Self.most) }
}
