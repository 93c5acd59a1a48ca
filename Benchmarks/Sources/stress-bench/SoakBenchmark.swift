// Operations a second of a soak with every checker on, beside those of the baseline on the same requests.
import ArgumentParser
import Campaign

struct SoakBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak", abstract: "Soak operations a second, all checkers on, beside the pthread program.")

  /// One thread contends with nobody: its row shows what an operation costs, and is not judged.
  static let defaultThreads = [1, 2, 64]

  @OptionGroup var options: Options

  @Option(help: "Threads; several times for several rows.")
  var threads: [Int] = Self.defaultThreads

  @Flag(help: "Leave out glibc's default lock, which lets readers starve a writer as mmu_lock does not.")
  var preferWriters = false

  mutating func validate() throws {
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("--threads must be 1 to 1024.")
    }
  }

  func run() throws {
    try options.judgement.report([Self.measure(options, threads: threads, preferWriters: preferWriters)])
  }

  static func measure(
    _ options: Options, threads: [Int] = defaultThreads, preferWriters: Bool = false
  ) throws -> Table {
    var table = Table(
      title: "Soak, all checkers on, against unchecked pthreads (operations/s, median of \(options.pairs) pairs)",
      header: ["threads", "pthreads' lock", "soak", "pthreads", "ratio", "pairs"])
    for threads in threads {
      let configuration = Workload.configuration(threads: threads, mix: Workload.faultsAndZaps)
      let prepared = PreparedRounds(configuration)
      let locks = preferWriters ? [true] : [true, false]
      let baselines = locks.map {
        Baseline(prepared, configuration, prefersWriters: $0, seconds: options.seconds).rate
      }
      let pairs = try Paired(
        pairs: options.pairs, [{ try Workload.soakRate(configuration, seconds: options.seconds) }] + baselines)
      for (index, prefersWriters) in locks.enumerated() {
        let ratios = pairs.ratios(0, over: index + 1)
        table.add(
          [
            "\(threads)", prefersWriters ? "prefers writers" : "glibc's default", thousands(pairs.medianRate(0)),
            thousands(pairs.medianRate(index + 1)), decimal(median(ratios)), spread(ratios),
          ],
          judged: prefersWriters ? Table.Figure(name: "soak \(threads) threads", value: median(ratios)) : nil)
      }
    }
    return table
  }
}
