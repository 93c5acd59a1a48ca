/// Puts the chunks of a campaign together in their order, whoever ran them and whenever they came.
///
/// Pieces, each a chunk or a family of them, are handed out in ascending order, and counted in ascending order up to
/// the first that failed: what was run beyond it is forgotten, so that the result is the same for any number of
/// workers.
import Episodes
import Machine
import Scheduling
import Synchronization

final class ChunkBoard: Sendable {
  struct State {
    var pieces: InOrder<[ChunkResult]>
    var totals = Totals()
  }

  struct Totals {
    var schedules: UInt64 = 0
    var points: UInt64 = 0
    var distinct = DistinctCounter()
    var counters = RunCounters()
    var failure: UInt64?
    /// The episode that failed.
    var failing: Episode?
    /// The first schedule that ran on it.
    var failingFrom: UInt64 = 0
    /// What it broke, as it was found.
    var violation: Violation?
    var harnessFault: String?
    /// Schedules that were begun and did not come to their end.
    var cut: UInt64 = 0
    /// Of a shard: what it takes to put it together with the others.
    var sketch: ShardSketch?
  }

  /// What one worker runs, in its order.
  struct Piece {
    let number: UInt64
    let chunks: Range<UInt64>
  }

  private let state: Mutex<State>
  private let chunkSize: UInt64
  /// Chunks of a piece.
  private let pieceSize: UInt64
  /// The campaign's, of this shard and of others.
  private let chunks: Range<UInt64>
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
    chunks = first..<max(first, budget / chunkSize + (budget % chunkSize == 0 ? 0 : 1))
    pieceSize = configuration.chunksPerPiece
    let firstPiece = first / pieceSize
    // The shard's first piece that is not before the first one.
    let (index, residue) = (shard.index - 1, firstPiece % step)
    let (start, overflow) = firstPiece.addingReportingOverflow(
      index >= residue ? index - residue : step - residue + index)
    let end = chunks.upperBound / pieceSize + (chunks.upperBound % pieceSize == 0 ? 0 : 1)
    // Beyond the last piece that there is: nothing to do.
    var initial = State(pieces: InOrder(from: overflow ? nil : start, step: step, end: end))
    if configuration.shard != nil {
      initial.totals.sketch = ShardSketch(
        length: configuration.length.schedules, firstSchedule: first * chunkSize, failure: nil,
        distinct: DistinctSketch())
    }
    state = Mutex(initial)
  }

  /// The next piece; nil if there is nothing left to do. Whoever has taken one gives its results.
  func take() -> Piece? {
    state.withLock { state in
      state.pieces.take().map { number in
        // A piece that was handed out begins before the last chunk.
        let (end, overflow) = (number * pieceSize).addingReportingOverflow(pieceSize)
        return Piece(
          number: number,
          chunks: max(chunks.lowerBound, number * pieceSize)..<min(chunks.upperBound, overflow ? .max : end))
      }
    }
  }

  /// How many of a chunk's schedules to run.
  func limit(_ chunk: UInt64) -> UInt64 { min(chunkSize, budget - chunk * chunkSize) }

  /// A piece was handed out, of which one chunk at least is begun.
  var hasBegun: Bool { state.withLock { $0.pieces.hasBegun } }

  /// A piece that was handed out is to be run to its end.
  func isWanted(_ piece: Piece) -> Bool { state.withLock { $0.pieces.isWanted(piece.number) } }

  /// Hands out no more pieces: of those that were handed out the chunks that were begun are counted.
  func stop() { state.withLock { $0.pieces.stop() } }

  /// - Parameter results: of the piece's chunks in their order, up to the first that failed.
  func give(_ piece: Piece, _ results: [ChunkResult]) {
    state.withLock { state in
      let isLast = results.last.map { $0.failure != nil || $0.harnessFault != nil } ?? false
      for (_, results) in state.pieces.give(piece.number, results, isLast: isLast) {
        for result in results { state.totals.add(result, firstSchedule: result.chunk * chunkSize) }
      }
    }
  }

  var totals: Totals { state.withLock { $0.totals } }
  /// The first schedule that may be running now.
  var firstInFlight: UInt64 {
    state.withLock { max($0.pieces.firstInFlight &* pieceSize, chunks.lowerBound) &* chunkSize }
  }
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
    failing = chunk.failing
    failingFrom = chunk.failingFrom
    violation = chunk.violation
    cut += chunk.cut
    harnessFault = chunk.harnessFault
  }
}
