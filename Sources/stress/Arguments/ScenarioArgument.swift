import Campaign

/// What `--scenario` takes: the name of a scenario, or `all`.
struct ScenarioArgument: CaseIterable, RawRepresentable {
  static let all = "all"

  /// nil for all of them.
  let scenario: ScenarioName?

  static var allCases: [ScenarioArgument] {
    [ScenarioArgument(scenario: nil)] + ScenarioName.allCases.map { ScenarioArgument(scenario: $0) }
  }

  var rawValue: String { scenario?.rawValue ?? Self.all }

  var summary: String {
    scenario?.summary
      ?? "the default: each of those up to random by its share; of a kernel also hardware-ad to tables"
  }

  /// What it asks for that not every subject has, as the end of its line.
  var limits: String {
    guard let scenario else { return "" }
    if !scenario.isForKernel { return "; not with --kernel-tree" }
    if !scenario.isForKernel(.fourK) { return "; with --kernel-tree under policy huge" }
    return scenario.isForModel ? "" : "; only with --kernel-tree"
  }

  init(scenario: ScenarioName?) { self.scenario = scenario }

  init?(rawValue: String) {
    if rawValue == Self.all {
      self.init(scenario: nil)
    } else if let scenario = ScenarioName(rawValue: rawValue) {
      self.init(scenario: scenario)
    } else {
      return nil
    }
  }
}
