import ArgumentParser
import Campaign
import Exploration
import Foundation
import MirrorMMU
import SecureEPT

/// The options of `stress matrix` and the configuration that they make.
///
/// Every value is taken as it stands (`.unconditional`): `--threads -1` is a bad number of threads, not an option `-1`.
struct MatrixOptions: ParsableArguments {
  @Flag(help: "Few schedules a cell, nothing minimised: under two minutes.")
  var quick = false

  @Option(
    parsing: .unconditional,
    help: .init("Run one part alone: protocols or mutants. (default: both)", valueName: "part"),
    transform: { try NameArgument.parse($0) })
  var only: MatrixConfiguration.Part?

  @Option(
    name: .customLong("protocol"), parsing: .unconditionalSingleValue,
    help: .init("The protocols to run, NAME or NAME+ALTERNATIVE; may be repeated. (default: all)", valueName: "name"),
    transform: { try ProtocolArgument.parse($0) })
  var protocols: [ProtocolName] = []

  @Option(
    name: .customLong("scenario"), parsing: .unconditionalSingleValue,
    help: .init("The scenarios to run the protocols in; may be repeated. (default: all but micro)", valueName: "name"),
    transform: { try Self.scenario($0) })
  var scenarios: [ScenarioName] = []

  @Option(
    name: .customLong("policy"), parsing: .unconditionalSingleValue,
    help: .init("The policies to run the protocols under; may be repeated. (default: all)", valueName: "policy"),
    transform: { try NameArgument.parse($0) })
  var policies: [Policy] = []

  @Option(
    name: .customLong("mutant"), parsing: .unconditionalSingleValue,
    help: .init("The mutants to run; may be repeated. (default: all)", valueName: "name"),
    transform: { try NameArgument.parse($0) })
  var mutants: [Mutant] = []

  @Option(
    parsing: .unconditional,
    help: .init("Seed of all that is drawn: decimal, 0x and up to 16 hex digits, or a git hash. (default: 1)"),
    transform: { try SeedText.parse($0) })
  var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Schedules of a cell that is expected clean. "
        + "(default: \(MatrixConfiguration.fullSchedules), --quick: \(MatrixConfiguration.quickSchedules))",
      valueName: "n"),
    transform: NumberArgument.whole(1...RunOptions.mostRounds))
  var schedules: UInt64?

  @Option(
    parsing: .unconditional, help: .init("Threads that race in a schedule, 1...1024. (default: 3)", valueName: "n"),
    transform: NumberArgument.whole(1...1024))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Processors to run cells on, 1...\(ExploreOptions.mostJobs); the result is the same for any. (default: all)",
      valueName: "n"),
    transform: NumberArgument.whole(1...ExploreOptions.mostJobs))
  var jobs: Int?

  @Flag(inversion: .prefixedNo, help: "Minimise what fails. (default: yes, --quick: no)")
  var minimize: Bool?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Compare with the expectations in FILE. (default: those that the tool was built with)", valueName: "file"))
  var expected: String?

  @Flag(help: "Write what was seen to the file of --expected, keeping its reasons.")
  var update = false

  func validate() throws {
    if update && expected == nil {
      throw ValidationError("--update needs --expected FILE, the file to write; in a checkout Expected/matrix.json")
    }
    if only == .protocols && !mutants.isEmpty {
      throw ValidationError("--only protocols and --mutant exclude each other; one of them is allowed")
    }
    if only == .mutants && choosesProtocols {
      throw ValidationError("--only mutants excludes --protocol, --scenario and --policy; a mutant has its own")
    }
  }

  private var choosesProtocols: Bool { !protocols.isEmpty || !scenarios.isEmpty || !policies.isEmpty }

  /// A choice within one part leaves the other out.
  private var parts: [MatrixConfiguration.Part] {
    if let only { return [only] }
    if choosesProtocols == !mutants.isEmpty { return MatrixConfiguration.Part.allCases }
    return choosesProtocols ? [.protocols] : [.mutants]
  }

  /// What is not given keeps the engine's default, so that it is written down once.
  func configuration(_ expectations: MatrixExpectations) -> MatrixConfiguration {
    var result = MatrixConfiguration()
    result.parts = parts
    let rows = result.protocols
    // Several alternatives at once are no row of the whole matrix.
    let others = Set(protocols.map(\.rawValue)).subtracting(rows.map(\.rawValue)).sorted()
    result.protocols =
      protocols.isEmpty ? rows : Self.chosen(protocols, of: rows + others.compactMap(ProtocolName.init(rawValue:)))
    result.scenarios = Self.chosen(scenarios, of: result.scenarios)
    result.policies = Self.chosen(policies, of: result.policies)
    result.mutants = Self.chosen(mutants, of: result.mutants)
    result.isQuick = quick
    result.schedules = schedules
    if let seed { result.seed = seed }
    if let threads { result.threads = threads }
    result.jobs = jobs ?? min(ProcessInfo.processInfo.activeProcessorCount, ExploreOptions.mostJobs)
    result.minimizes = minimize ?? !quick
    result.expectations = expectations
    return result
  }

  /// In the order of the table, each once; all if none is named.
  private static func chosen<Value: RawRepresentable>(_ named: [Value], of all: [Value]) -> [Value]
  where Value.RawValue == String {
    if named.isEmpty { return all }
    return all.filter { value in named.contains { $0.rawValue == value.rawValue } }
  }

  /// `micro` has no protocol.
  private static func scenario(_ text: String) throws -> ScenarioName {
    let scenario: ScenarioName = try NameArgument.parse(text)
    let allowed = MatrixConfiguration.allScenarios
    guard allowed.contains(scenario) else {
      throw ConfigurationTextError("allowed: \(allowed.map(\.rawValue).joined(separator: ", "))")
    }
    return scenario
  }
}
