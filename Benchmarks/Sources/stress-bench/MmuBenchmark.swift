// Exploration of the whole mirror MMU with every checker on: schedules and points a second on one core.
import ArgumentParser
import Campaign
import Foundation
import SecureEPT

struct MmuBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mmu", abstract: "Schedules a second of the mirror MMU, 3 threads of 3 operations, on one core.")

  /// Executions a second that are wanted.
  static let bound = 50_000.0

  @OptionGroup var options: Options

  func run() throws { try report([try Self.measure(options)], check: options.check) }

  static func measure(_ options: Options) throws -> Table {
    var table = Table(
      title: "Exploration of the mirror MMU, 3 threads of 3 operations, all checkers, portfolio, one core",
      header: ["policy", "scenario", "schedules/s", "points/s", "points/schedule", "turns"])
    let rows: [(Policy, ScenarioName?)] = [
      (.fourK, nil), (.huge, nil), (.fourK, .faultFault), (.fourK, .faultZap), (.fourK, .random),
    ]
    for (policy, scenario) in rows {
      let configuration = ExploreConfiguration(scenario: scenario, seed: 1, policy: policy)
      var rates: [Double] = []
      var points = 0.0
      for _ in 0..<options.pairs {
        let run = try Stress.run(configuration, Int(options.seconds * bound))
        rates.append(run.executions / run.seconds)
        points = run.steps / run.executions
      }
      let rate = median(rates)
      table.add(
        [
          policy.rawValue, scenario?.rawValue ?? "all", thousands(rate), thousands(rate * points), decimal(points),
          spread(rates.map { $0 / rate }),
        ], judged: Bounded(value: rate, bound: scenario == nil ? .atLeast(bound) : nil))
    }
    return table
  }
}
