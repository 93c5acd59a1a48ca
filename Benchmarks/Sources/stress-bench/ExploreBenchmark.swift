// Random exploration of the common model: executions and atomic steps a second of each explorer, in turn.
import ArgumentParser
import Foundation

struct ExploreBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore", abstract: "Schedules a second of the common model, drawn at random, on one core.")

  static let defaultThreads = [3, 8, 64]

  @OptionGroup var options: Options

  @Option(help: "Threads of the model; several times for several rows.")
  var threads: [Int] = Self.defaultThreads

  @Option(help: "Iterations of each thread.")
  var iterations = 2

  @Option(help: "A checkout of relacy to measure beside.")
  var relacy: String?

  mutating func validate() throws {
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("--threads must be 1 to 1024.")
    }
    guard (1...10_000).contains(iterations) else { throw ValidationError("--iterations must be 1 to 10000.") }
  }

  func run() throws {
    let table = try Self.measure(options, threads: threads, iterations: iterations, relacy: relacy)
    try options.judgement.report([table])
  }

  static func measure(
    _ options: Options, threads: [Int] = defaultThreads, iterations: Int = 2, relacy: String? = nil
  ) throws -> Table {
    var table = Table(
      title: """
        Random exploration, \(iterations) iterations a thread, one core (median of \(options.pairs) turns)\
        \(relacy == nil ? "\n\(Relacy.howToGet)" : "")
        """,
      header: ["threads", "explorer", "executions/s", "steps/s", "of bare fibers", "turns"])
    let directory = FileManager.default.temporaryDirectory.appending(path: "stress-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for threads in threads {
      var explorers: [any Explorer] = [Ceiling(), Stress()]
      if let relacy { explorers.append(try Relacy(checkout: relacy, threads: threads, directory: directory)) }
      let model = CommonModel(threads: threads, iterations: iterations)
      try add(explorers, model, options, to: &table)
    }
    return table
  }

  /// Measures the explorers in turn. The first is the one that the others are compared with.
  private static func add(
    _ explorers: [any Explorer], _ model: CommonModel, _ options: Options, to table: inout Table
  ) throws {
    var stepsPerExecution = explorers.map { _ in 0.0 }
    var programs: [() throws -> Double] = []
    for (index, explorer) in explorers.enumerated() {
      try explorer.checkVerdicts(model)
      let executions = try explorer.executions(model, lasting: options.seconds)
      programs.append {
        let run = try explorer.explore(model, executions: executions, seed: 1)
        stepsPerExecution[index] = run.steps / run.executions
        return run.executions / run.seconds
      }
    }
    let turns = try Paired(pairs: options.pairs, programs)
    for (index, explorer) in explorers.enumerated() {
      let rate = turns.medianRate(index)
      let ratios = turns.ratios(index, over: 0)
      table.add(
        [
          "\(model.threads)", explorer.name, thousands(rate), thousands(rate * stepsPerExecution[index]),
          decimal(median(ratios)), spread(ratios),
        ],
        // The first is what the others are compared with.
        judged: index == 0
          ? nil : Table.Figure(name: "\(explorer.name) explores \(model.threads) threads", value: median(ratios)))
    }
  }
}
