/// What a running exploration tells about itself.
public struct ExploreProgress: Sendable {
  public var elapsedSeconds: Double
  public var schedules: UInt64
  public var distinct: UInt64
  public var points: UInt64
  /// What it does at the moment, if not exploring: `minimising`, `verifying`.
  public var phase: String?
}
