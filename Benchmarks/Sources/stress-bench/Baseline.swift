// CBaseline from Swift: runs it on a soak's requests, and refuses a result that does not add up.
import CBaseline
import Campaign

struct Baseline {
  private let prepared: PreparedRounds
  private var options: cbaseline_options

  /// - Parameter configuration: its mix names faults and zaps alone.
  init(_ prepared: PreparedRounds, _ configuration: SoakConfiguration, prefersWriters: Bool, seconds: Double) {
    self.prepared = prepared
    options = cbaseline_options(
      threads: UInt32(configuration.threads), requests_per_thread: UInt32(prepared.requestsPerThread),
      rounds: prepared.rounds.baseAddress, round_count: prepared.rounds.count, seconds: seconds,
      prefer_writers: prefersWriters)
  }

  /// Runs once: operations a second of all its time.
  func rate() throws -> Double {
    var result = cbaseline_result()
    var options = options
    let isComplete = withExtendedLifetime(prepared) { cbaseline_run(&options, &result) }
    guard isComplete else { throw Failure(description: "the baseline ran out of memory") }
    guard
      result.private_leaves == result.mirror_leaves, result.private_leaves == result.external_leaves,
      result.shared_leaves == result.direct_leaves
    else { throw Failure(description: "the baseline's trees do not hold what it mapped and zapped: \(result)") }
    return Double(result.operations) / (Double(result.elapsed_ns) / 1e9)
  }
}
