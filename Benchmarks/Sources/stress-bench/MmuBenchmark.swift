// Exploration of the whole mirror MMU with every checker on: schedules and points a second on one core.
import ArgumentParser
import Campaign
import Foundation
import SecureEPT

struct MmuBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mmu", abstract: "Schedules a second of the mirror MMU, 3 threads of 3 operations, on one core.")

  @OptionGroup var options: Options

  func run() throws { try options.judgement.report([try Self.measure(options)]) }

  /// About how many schedules a second there are, to make runs of a length.
  static let expected = 50_000.0

  static func measure(_ options: Options) throws -> Table {
    var table = Table(
      title: "Exploration of the mirror MMU, 3 threads of 3 operations, all checkers, portfolio, one core",
      header: ["policy", "scenario", "schedules/s", "points/s", "points/schedule", "of bare fibers", "turns"])
    let rows: [(Policy, ScenarioName?)] = [
      (.fourK, nil), (.huge, nil), (.fourK, .faultFault), (.fourK, .faultZap), (.fourK, .random),
    ]
    let model = CommonModel(threads: 3, iterations: 2)
    let bare = try Ceiling().executions(model, lasting: options.seconds)
    for (policy, scenario) in rows {
      let configuration = ExploreConfiguration(scenario: scenario, seed: 1, policy: policy)
      var points = 0.0
      // Points of the one over steps of the other: both are accesses before which somebody else may come.
      let turns = try Paired(
        pairs: options.pairs,
        [
          {
            let run = try Stress.run(configuration, Int(options.seconds * expected))
            points = run.steps / run.executions
            return run.steps / run.seconds
          },
          {
            let run = try Ceiling().explore(model, executions: bare, seed: 1)
            return run.steps / run.seconds
          },
        ])
      let ratios = turns.ratios(0, over: 1)
      let name = scenario?.rawValue ?? "all"
      table.add(
        [
          policy.rawValue, name, thousands(turns.medianRate(0) / points), thousands(turns.medianRate(0)),
          decimal(points), decimal(median(ratios)), spread(ratios),
        ], judged: Table.Figure(name: "mmu \(policy.rawValue) \(name)", value: median(ratios)))
    }
    return table
  }
}
