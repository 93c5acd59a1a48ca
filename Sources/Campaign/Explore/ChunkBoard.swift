/// Puts the chunks of a campaign together in their order, whoever ran them and whenever they came.
///
/// Chunks are handed out in ascending order, and counted in ascending order up to the first that failed: what was run
/// beyond it is forgotten, so that the result is the same for any number of workers.
import Exploration
import Machine
import Synchronization

final class ChunkBoard: Sendable {
  struct State {
    var chunks: InOrder<ChunkResult>
    var totals = Totals()
  }

  struct Totals {
    var schedules: UInt64 = 0
    var points: UInt64 = 0
    var distinct = DistinctCounter()
    var counters = RunCounters()
    var failure: UInt64?
    /// What it broke, as it was found.
    var violation: Violation?
    var harnessFault: String?
    /// Schedules that were begun and did not come to their end.
    var cut: UInt64 = 0
    /// Of a shard: what it takes to put it together with the others.
    var sketch: ShardSketch?
  }

  private let state: Mutex<State>
  private let chunkSize: UInt64
  /// Schedules to run in all; the maximum if time ends the campaign.
  private let budget: UInt64

  init(_ configuration: ExploreConfiguration) {
    let shard = configuration.shard ?? .init(index: 1, count: 1)
    let step = shard.count
    chunkSize = configuration.episodeSchedules
    let first = configuration.firstSchedule / chunkSize
    if case .schedules(let count) = configuration.length {
      let (end, overflow) = count.addingReportingOverflow(first * chunkSize)
      budget = overflow ? .max : end
    } else {
      budget = .max
    }
    // The shard's first chunk that is not before the first one.
    let (index, residue) = (shard.index - 1, first % step)
    let (start, overflow) = first.addingReportingOverflow(index >= residue ? index - residue : step - residue + index)
    // Beyond the last chunk that there is: nothing to do.
    var initial = State(
      chunks: InOrder(
        from: overflow ? nil : start, step: step, end: budget / chunkSize + (budget % chunkSize == 0 ? 0 : 1)))
    if configuration.shard != nil {
      initial.totals.sketch = ShardSketch(
        length: configuration.length.schedules, firstSchedule: first * chunkSize, failure: nil,
        distinct: DistinctSketch())
    }
    state = Mutex(initial)
  }

  /// The next chunk and how many of its schedules to run; nil if there is nothing left to do.
  func take() -> (chunk: UInt64, limit: UInt64)? {
    state.withLock { state in
      state.chunks.take().map { ($0, min(chunkSize, budget - $0 * chunkSize)) }
    }
  }

  /// Hands out no more chunks: those that were handed out are counted.
  func stop() { state.withLock { $0.chunks.stop() } }

  func give(_ result: ChunkResult) {
    state.withLock { state in
      let isLast = result.failure != nil || result.harnessFault != nil
      for (chunk, result) in state.chunks.give(result.chunk, result, isLast: isLast) {
        state.totals.add(result, firstSchedule: chunk * chunkSize)
      }
    }
  }

  var totals: Totals { state.withLock { $0.totals } }
  /// The first schedule that may be running now.
  var firstInFlight: UInt64 { state.withLock { $0.chunks.firstInFlight &* chunkSize } }
}

extension ChunkBoard.Totals {
  fileprivate mutating func add(_ chunk: ChunkResult, firstSchedule: UInt64) {
    guard failure == nil && harnessFault == nil else { return }
    schedules += chunk.schedules
    points &+= chunk.points
    for hash in chunk.hashes { distinct.insert(hash) }
    if let start = sketch?.firstSchedule {
      for (index, hash) in chunk.hashes.enumerated() {
        sketch?.distinct.insert(hash, at: firstSchedule &- start &+ UInt64(index))
      }
      sketch?.failure = chunk.failure.map { $0 &- start }
    }
    counters.add(chunk.counters)
    failure = chunk.failure
    violation = chunk.violation
    cut += chunk.cut
    harnessFault = chunk.harnessFault
  }
}
