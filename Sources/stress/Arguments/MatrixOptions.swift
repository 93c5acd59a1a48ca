import ArgumentParser
import Campaign
import MirrorMMU
import Scheduling
import SecureEPT

/// The options of `stress matrix` and the configuration that they make.
///
/// Every value is taken as it stands (`.unconditional`): `--threads -1` is a bad number of threads, not an option `-1`.
struct MatrixOptions: ParsableArguments {
  @Flag(help: "Few schedules a cell, nothing minimised: under two minutes.")
  var quick = false

  @Option(
    parsing: .unconditional,
    help: .init(
      "Run one part alone: protocols, mutants or kernel. (default: all, with --kernel-tree no mutants)",
      valueName: "part"),
    completion: NameArgument.completion(MatrixConfiguration.Part.self),
    transform: { try NameArgument.parse($0) })
  var only: MatrixConfiguration.Part?

  @Option(
    name: .customLong("protocol"), parsing: .unconditionalSingleValue,
    help: .init("The protocols to run, NAME or NAME+ALTERNATIVE; may be repeated. (default: all)", valueName: "name"),
    completion: ProtocolArgument.completion,
    transform: { try ProtocolArgument.parse($0) })
  var protocols: [ProtocolName] = []

  @Option(
    name: .customLong("scenario"), parsing: .unconditionalSingleValue,
    help: .init("The scenarios to run the protocols in; may be repeated. (default: all but micro)", valueName: "name"),
    completion: .list(MatrixConfiguration.allScenarios.map(\.rawValue)),
    transform: { try Self.scenario($0) })
  var scenarios: [ScenarioName] = []

  @Option(
    name: .customLong("policy"), parsing: .unconditionalSingleValue,
    help: .init("The policies to run the protocols under; may be repeated. (default: all)", valueName: "policy"),
    completion: NameArgument.completion(Policy.self),
    transform: { try NameArgument.parse($0) })
  var policies: [Policy] = []

  @Option(
    name: .customLong("mutant"), parsing: .unconditionalSingleValue,
    help: .init("The mutants to run; may be repeated. (default: all)", valueName: "name"),
    completion: NameArgument.completion(Mutant.self),
    transform: { try NameArgument.parse($0) })
  var mutants: [Mutant] = []

  @OptionGroup var kernel: KernelOptions

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

  @OptionGroup var jobs: JobsOptions

  @Flag(inversion: .prefixedNo, help: "Minimise what fails. (default: yes, --quick: no)")
  var minimize: Bool?

  @Option(
    parsing: .unconditional,
    help: .init(
      "Compare with the expectations in FILE. (default: those that the tool was built with)", valueName: "file"),
    completion: .file(extensions: ["json"]))
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
    try validateKernel()
  }

  private func validateKernel() throws {
    guard kernel.path != nil else {
      if only == .kernel { throw ValidationError("--only kernel needs --kernel-tree PATH, the kernel to run") }
      return
    }
    if let only, only != .kernel {
      throw ValidationError("--only \(only.rawValue) and --kernel-tree exclude each other; one of them is allowed")
    }
    if only == .kernel && !(protocols.isEmpty && mutants.isEmpty) {
      throw ValidationError("--only kernel excludes --protocol and --mutant, which are the model's")
    }
    if !policies.isEmpty && !policies.contains(.fourK) { throw ValidationError(KernelOptions.policyAdvice) }
    if !scenarios.isEmpty && !scenarios.contains(where: \.isComparable) {
      throw ValidationError(
        "--kernel-tree needs a --scenario that a kernel has: "
          + MatrixConfiguration.allScenarios.filter(\.isComparable).map(\.rawValue).joined(separator: ", "))
    }
    if scenarios.allSatisfy({ !$0.isForDirectRoots }) { try kernel.validate(scenarios.first) }
  }

  private var choosesProtocols: Bool { !protocols.isEmpty || !scenarios.isEmpty || !policies.isEmpty }

  /// A choice within one part leaves the other out.
  private var parts: [MatrixConfiguration.Part] {
    if let only { return [only] }
    // Mutants of the model say nothing of a kernel: they run where they are asked for.
    if kernel.path != nil {
      return mutants.isEmpty
        ? [.protocols, .kernel] : choosesProtocols ? MatrixConfiguration.Part.allCases : [.mutants, .kernel]
    }
    if choosesProtocols == !mutants.isEmpty { return MatrixConfiguration.Part.allCases }
    return choosesProtocols ? [.protocols] : [.mutants]
  }

  /// What is not given keeps the engine's default, so that it is written down once.
  func configuration(_ expectations: MatrixExpectations) throws -> MatrixConfiguration {
    var result = MatrixConfiguration()
    result.kernel = try kernel.kernel()
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
    result.jobs = jobs.count
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
