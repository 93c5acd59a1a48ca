// The command of the benchmarks: `stress-bench [soak|scaling|memory|explore|mmu]`, all when none is named.
import ArgumentParser

@main
struct StressBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stress-bench",
    abstract: "Measure the tool beside plain programs that do the same work with nothing watching.",
    subcommands: [
      All.self, SoakBenchmark.self, ScalingBenchmark.self, MemoryBenchmark.self, ExploreBenchmark.self,
      MmuBenchmark.self,
    ],
    defaultSubcommand: All.self)
}

/// What every benchmark takes.
struct Options: ParsableArguments {
  @Option(help: "Pairs of runs; the median is reported.")
  var pairs = 5

  @Option(help: "About how long each run takes.")
  var seconds = 2.0

  @OptionGroup var judgement: Judgement

  mutating func validate() throws {
    guard (1...1_000).contains(pairs) else { throw ValidationError("--pairs must be 1 to 1000.") }
    guard (0.05...600).contains(seconds) else { throw ValidationError("--seconds must be 0.05 to 600.") }
  }
}

struct All: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Every benchmark, one after the other.")

  @OptionGroup var options: Options

  func run() throws {
    let tables = [
      try SoakBenchmark.measure(options), try ScalingBenchmark.measure(options), try MemoryBenchmark.measure(),
      try ExploreBenchmark.measure(options), try MmuBenchmark.measure(options),
    ]
    try options.judgement.report(tables, isWhole: true)
  }
}

/// What is wanted of the figures, and what follows where one misses it.
struct Judgement: ParsableArguments {
  @Option(help: "A file of what is wanted of each figure.")
  var thresholds: String?

  @Flag(help: "Exit 1 when a figure misses its threshold.")
  var check = false

  mutating func validate() throws {
    if check, thresholds == nil { throw ValidationError("--check needs --thresholds.") }
  }

  /// - Parameter isWhole: every figure is among them, so that a threshold of another one is a mistake.
  func report(_ tables: [Table], isWhole: Bool = false) throws {
    let wanted = try Thresholds(path: thresholds)
    for table in tables { print(table.rendered(wanted)) }
    if isWhole, let name = wanted.unmeasured(tables).first {
      throw Failure(description: "\(thresholds ?? ""): there is no figure '\(name)'")
    }
    if check, !tables.allSatisfy({ $0.figures.allSatisfy(wanted.isMet) }) { throw ExitCode(1) }
  }
}
