import Machine

/// What a soak does in one round, for a program that is to do the same work without it.
public struct SoakWork {
  private let configuration: SoakConfiguration
  private let plan: RoundPlan

  public init(_ configuration: SoakConfiguration, round: UInt64) {
    self.configuration = configuration
    plan = RoundPlan(runSeed: configuration.seed, round: round, guestPages: UInt64(configuration.memoryGiB) << 18)
  }

  /// Operations of each task in one round.
  public var operationsPerRound: Int { SoakWorld.operationsPerRound(configuration) }

  /// The requests that populate the tables before the race.
  public var populated: [Request] { plan.populated }

  /// The requests of one task, exactly as the soak draws them.
  public func requests(task: Int) -> [Request] {
    var workload = Workload(configuration)
    defer { workload.deallocate() }
    workload.prepare(plan)
    var draws = SplitMix64(seed: plan.seed, .workload, index: UInt64(task))
    return (0..<operationsPerRound).map { _ in workload.next(&draws, task: task) }
  }

  /// The gfns that a request is about.
  public func gfns(of request: Request) -> Range<UInt64> { request.range }

  /// Whether a gfn is private memory when the round begins. Only conversions change that.
  public func isPrivate(_ gfn: UInt64) -> Bool {
    configuration.isDisjoint || RoundPlan.kind(of: Int(gfn >> 9), seed: plan.seed).isPrivate
  }
}
