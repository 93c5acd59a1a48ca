/// The strategies by the names that `--strategy` takes.
public enum StrategyName: String, CaseIterable, Sendable {
  case portfolio
  case randomWalk = "random-walk"
  case partialOrder = "pos"
  case pct2 = "pct-2"
  case pct3 = "pct-3"
  case pct4 = "pct-4"
  case pctChanges2 = "pct-changes-2"
  case pctChanges3 = "pct-changes-3"
  case pctChanges4 = "pct-changes-4"
  case roundRobin = "round-robin"

  public var summary: String {
    switch self {
    case .portfolio: "deals executions to all of the others in turn"
    case .randomWalk: "at every step each ready thread is equally likely"
    case .partialOrder: "partial-order sampling: random priorities of steps, drawn anew after a race"
    case .pct2: "random thread priorities, 1 change at any step: bugs of depth 2"
    case .pct3: "random thread priorities, 2 changes at any step: bugs of depth 3"
    case .pct4: "random thread priorities, 3 changes at any step: bugs of depth 4"
    case .pctChanges2: "as pct-2, its change at SPTE writes and locks only"
    case .pctChanges3: "as pct-3, its changes at SPTE writes and locks only"
    case .pctChanges4: "as pct-4, its changes at SPTE writes and locks only"
    case .roundRobin: "every thread in turn, a drawn number of steps each"
    }
  }
}
