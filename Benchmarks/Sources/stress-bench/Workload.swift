// What both programs of a pair do: a soak's configuration, and its requests in the baseline's words.
import CBaseline
import Campaign
import Foundation

enum Workload {
  /// The share of faults and zaps that they have in the soak's default mix.
  static let faultsAndZaps = OperationMix([.fault: 520, .zap: 60])!
  static let faults = OperationMix([.fault: 1])!

  /// Nothing in it makes the soak do what the baseline cannot: no injected BUSY, no pauses.
  static func configuration(threads: Int, mix: OperationMix, isDisjoint: Bool = false) -> SoakConfiguration {
    var configuration = SoakConfiguration(
      threads: threads, length: .rounds(1), seed: 1, mix: mix, busyPercent: 0, perturbation: .off, memoryGiB: 4)
    configuration.isDisjoint = isDisjoint
    return configuration
  }

  /// Runs the soak once, for about `seconds`: operations a second of all its time.
  static func soakRate(_ configuration: SoakConfiguration, seconds: Double) throws -> Double {
    var configuration = configuration
    configuration.length = .seconds(seconds)
    // Once its threads are there: the baseline's are spread too.
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.03)
      cbaseline_spread_others()
    }
    let record = Soak(configuration: configuration).run()
    guard record.verdict == .clean else {
      throw Failure(description: "the soak that was to be measured ended with '\(record.verdict.rawValue)'")
    }
    return record.timing.operationsPerSecond
  }
}

/// A measurement that means nothing.
struct Failure: Error, CustomStringConvertible {
  var description: String
}

/// Requests of a soak's first rounds, drawn before any clock runs.
final class PreparedRounds {
  /// More than a cache holds, so that they come from memory as the soak's come from its generator: at no advantage.
  static let count = 16

  let rounds: UnsafeMutableBufferPointer<cbaseline_round>
  let requestsPerThread: Int
  private var memory: [UnsafeMutableBufferPointer<cbaseline_request>] = []

  init(_ configuration: SoakConfiguration) {
    requestsPerThread = SoakWork(configuration, round: 0).operationsPerRound
    rounds = .allocate(capacity: Self.count)
    for index in 0..<Self.count {
      let work = SoakWork(configuration, round: UInt64(index))
      func stored(_ requests: [cbaseline_request]) -> UnsafeMutableBufferPointer<cbaseline_request> {
        let buffer = UnsafeMutableBufferPointer<cbaseline_request>.allocate(capacity: requests.count)
        _ = buffer.initialize(from: requests)
        memory.append(buffer)
        return buffer
      }
      let populated = stored(work.populated.map { Self.request(work.gfns(of: $0), isZap: false, work) })
      let raced = stored(
        (0..<configuration.threads).flatMap { task in
          work.requests(task: task).map { Self.request(work.gfns(of: $0), isZap: $0.operation == .zap, work) }
        })
      rounds.initializeElement(
        at: index,
        to: cbaseline_round(
          populated: populated.baseAddress, populated_count: populated.count, raced: raced.baseAddress))
    }
  }

  deinit {
    rounds.deallocate()
    for buffer in memory { buffer.deallocate() }
  }

  /// A fault that may map a huge page populates one gfn: it is one in a thousand, and the baseline has no huge pages.
  private static func request(_ gfns: Range<UInt64>, isZap: Bool, _ work: SoakWork) -> cbaseline_request {
    let start = gfns.lowerBound
    let kind =
      isZap ? CBASELINE_ZAP : work.isPrivate(start) ? CBASELINE_FAULT_PRIVATE : CBASELINE_FAULT_SHARED
    return cbaseline_request(start: start, count: UInt32(gfns.count), kind: UInt32(kind))
  }
}
