import Machine

/// The exploration of schedules as a benchmark sees it: as many as asked for, on the calling thread, counted.
public struct ExploreWork {
  public struct Result: Sendable {
    public var schedules: UInt64 = 0
    public var points: UInt64 = 0
    /// Number of the first schedule that broke a rule.
    public var firstFailure: UInt64?
    public var harnessFault: String?
  }

  private let configuration: ExploreConfiguration

  public init(_ configuration: ExploreConfiguration) { self.configuration = configuration }

  /// Runs chunk after chunk, with everything that a campaign does for each schedule: log, hash, checkers, merging.
  /// - Returns: nil if the address space for the fibers cannot be had.
  public func run(schedules: UInt64) -> Result? {
    guard let runner = ChunkRunner(configuration) else { return nil }
    var configuration = configuration
    configuration.length = .schedules(schedules)
    let board = ChunkBoard(configuration)
    while let piece = board.take() { board.give(piece, runner.run(piece, of: board)) }
    let totals = board.totals
    return Result(
      schedules: totals.schedules, points: totals.points, firstFailure: totals.failure,
      harnessFault: totals.harnessFault)
  }
}
