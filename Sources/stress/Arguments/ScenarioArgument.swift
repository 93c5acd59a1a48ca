import Campaign

/// What `--scenario` takes: the name of a scenario, `all`, or `varied`.
struct ScenarioArgument: CaseIterable, RawRepresentable {
  static let all = "all"

  /// nil for all of them.
  let scenario: ScenarioName?
  /// Beside what all of them deal, what is made of it.
  let varies: Bool

  static var allCases: [ScenarioArgument] {
    [ScenarioArgument(scenario: nil), ScenarioArgument(scenario: nil, varies: true)]
      + ScenarioName.allCases.map { ScenarioArgument(scenario: $0) }
  }

  var rawValue: String { varies ? ExploreConfiguration.varied : scenario?.rawValue ?? Self.all }

  var summary: String {
    if varies { return "what all deals, and variations of what has met something new" }
    return scenario?.summary
      ?? "the default: each of those up to random by its share; of a kernel also hardware-ad to dying"
  }

  /// What it asks for that not every subject has, as the end of its line.
  var limits: String {
    guard let scenario else { return varies ? "; of explore alone" : "" }
    if !scenario.isForKernel { return "; not with --kernel-tree" }
    if !scenario.isForKernel(.fourK) { return "; with --kernel-tree under policy huge" }
    return scenario.isForModel ? "" : "; only with --kernel-tree"
  }

  init(scenario: ScenarioName?, varies: Bool = false) {
    self.scenario = scenario
    self.varies = varies
  }

  init?(rawValue: String) {
    if rawValue == Self.all {
      self.init(scenario: nil)
    } else if rawValue == ExploreConfiguration.varied {
      self.init(scenario: nil, varies: true)
    } else if let scenario = ScenarioName(rawValue: rawValue) {
      self.init(scenario: scenario)
    } else {
      return nil
    }
  }
}
