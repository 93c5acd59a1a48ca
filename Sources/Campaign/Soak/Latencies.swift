/// Latencies of a round as raw cycles, one buffer a task, folded into histograms at the barrier.
///
/// Recording is a store; the histogram's arithmetic stays off the racing threads.
import Histogram
import Machine
import Records

struct Latencies {
  private let buffers: UnsafeMutablePointer<UInt64>
  private let counts: UnsafeMutablePointer<Int>
  private let threads: Int
  private let capacity: Int
  private let histograms: Histograms

  /// The histograms live in a class of their own so that copies of the world share them.
  private final class Histograms {
    var byOperation = Operation.allCases.map { _ in
      Histogram<UInt64>(highestTrackableValue: 1 << 44, numberOfSignificantValueDigits: .two)
    }
  }

  init(threads: Int, capacity: Int) {
    self.threads = threads
    self.capacity = capacity
    buffers = UnsafeMutablePointer<UInt64>.allocate(capacity: threads * capacity)
    buffers.initialize(repeating: 0, count: threads * capacity)
    // A line apart: each task counts in its own.
    counts = UnsafeMutablePointer<Int>.allocate(capacity: threads * 8)
    counts.initialize(repeating: 0, count: threads * 8)
    histograms = Histograms()
  }

  func deallocate() {
    buffers.deallocate()
    counts.deallocate()
  }

  @inline(__always) func add(_ task: Int, _ operation: Operation, _ cycles: UInt64) {
    let count = counts[task &* 8]
    guard count < capacity else { return }
    buffers[task &* capacity &+ count] = UInt64(operation.rawValue) << 56 | (cycles & (1 << 56 - 1))
    counts[task &* 8] = count &+ 1
  }

  /// Moves all buffers into the histograms. No worker runs.
  func fold() {
    for task in 0..<threads {
      for index in 0..<counts[task * 8] {
        let word = buffers[task * capacity + index]
        histograms.byOperation[Int(word >> 56)].record(word & (1 << 56 - 1))
      }
      counts[task * 8] = 0
    }
  }

  /// Forgets what was recorded since the last fold: populating the tables is no operation of the run.
  func discard() {
    for task in 0..<threads { counts[task * 8] = 0 }
  }

  /// Percentiles in nanoseconds, for the operations that ran.
  func rows(nanosecondsPerCycle: Double) -> [RunRecord.Latency] {
    zip(Operation.allCases, histograms.byOperation).compactMap { operation, histogram in
      guard histogram.totalCount > 0 else { return nil }
      func at(_ percentile: Double) -> UInt64 {
        UInt64(Double(histogram.valueAtPercentile(percentile)) * nanosecondsPerCycle)
      }
      return RunRecord.Latency(
        operation: operation.name, count: histogram.totalCount, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9),
        max: UInt64(Double(histogram.max) * nanosecondsPerCycle))
    }
  }
}
