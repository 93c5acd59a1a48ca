/// Puts the records of a campaign's shards together: one record that says what a single run of the campaign would have
/// said, whatever the number of shards was.
///
/// Shards know nothing of each other. One that fails stops alone, so the others have run schedules that a single run
/// would not have come to: of failures the one with the lowest schedule number counts, and executions are counted up to
/// it. Outcomes, coverage and checks cannot be cut there, and are sums of all that ran.
import Exploration

public struct RecordMergeError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

public enum RecordMerge {
  /// - Parameters:
  ///   - records: one for each shard, in any order, each with the name that an error is to give it.
  ///   - allowsMissing: shards may be missing; the record is then one of an interrupted campaign.
  public static func merge(
    _ records: [(name: String, record: RunRecord)], allowsMissing: Bool = false
  ) throws(RecordMergeError) -> RunRecord {
    var shards: [Shard] = []
    for (name, record) in records { shards.append(try Shard(name, record)) }
    shards.sort { $0.index < $1.index }
    guard let first = shards.first else { throw RecordMergeError("there is no record to merge") }
    for shard in shards.dropFirst() { try first.checkSameCampaign(shard) }
    for (shard, next) in zip(shards, shards.dropFirst()) where shard.index == next.index {
      throw RecordMergeError("'\(shard.name)' and '\(next.name)' are both shard \(shard.index)/\(shard.count)")
    }
    let missing = missing(shards.map(\.index), of: first.count)
    guard allowsMissing || missing == 0 else {
      throw RecordMergeError("\(missing) of the campaign's \(first.count) shards are missing")
    }
    return whole(shards, missing: missing)
  }

  private static func missing(_ indices: [UInt64], of count: UInt64) -> UInt64 { count - UInt64(indices.count) }

  private static func whole(_ shards: [Shard], missing: UInt64) -> RunRecord {
    var sketch = shards[0].sketch.distinct
    for shard in shards.dropFirst() { sketch.formUnion(shard.sketch.distinct) }
    let failing = shards.filter { $0.sketch.failure != nil }.min { $0.failure < $1.failure }
    if let failing { sketch.cut(at: failing.failure &+ 1) }

    var record = (failing ?? shards[0]).record
    let records = shards.map(\.record)
    let verdict: RunRecord.Verdict =
      records.contains { $0.verdict == .harnessFault } ? .harnessFault : failing != nil ? .violation : .clean
    record.verdict = verdict
    record.violations = failing?.record.violations ?? []
    record.harnessFaults = records.flatMap(\.harnessFaults)
    record.interrupted = missing > 0 || records.contains { $0.interrupted }
    record.operations = records.reduce(0) { $0 &+ $1.operations }
    record.outcomes = RecordSums.outcomes(records)
    record.coverage = RecordSums.coverage(records)
    record.coverageWarnings = verdict == .clean ? RecordSums.coverageWarnings(records, record.coverage) : []
    record.checkers = RecordSums.checkers(records)
    record.timing = RecordSums.timing(records)
    let explorations = records.compactMap(\.exploration)
    let run = explorations.reduce(0) { $0 &+ $1.schedules }
    let schedules = failing.map { $0.failure &+ 1 } ?? run
    record.exploration?.schedules = schedules
    record.exploration?.schedulePoints = explorations.reduce(0) { $0 &+ $1.schedulePoints }
    record.exploration?.shard = nil
    record.exploration?.sketch = nil
    record.exploration?.count(sketch, schedules)
    record.scope = scope(record, schedules, missing: missing, of: shards[0].count)
    return record
  }

  private static func scope(_ record: RunRecord, _ schedules: UInt64, missing: UInt64, of count: UInt64) -> String {
    let scope = ExploreRecord.scope(
      record.verdict, schedules: schedules, threads: record.threads, checkers: record.checkers)
    return missing == 0 ? scope : "\(scope); \(missing) of the campaign's \(count) shards are missing"
  }
}

extension RunRecord.Exploration {
  /// As a single run counts: the share of new ones is that of its last full window.
  fileprivate mutating func count(_ sketch: DistinctSketch, _ schedules: UInt64) {
    distinctSchedules = sketch.count
    distinctIsExact = sketch.isExact
    // Shards that time ended leave gaps between the schedules that they ran.
    let hasGaps = sketch.firsts.values.contains { $0 >= schedules }
    let full = schedules / DistinctCounter.defaultWindow
    let last: Range<UInt64> =
      hasGaps
      ? 0..<UInt64.max
      : full == 0 ? 0..<schedules : (full - 1) * DistinctCounter.defaultWindow..<full * DistinctCounter.defaultWindow
    window = hasGaps ? schedules : UInt64(last.count)
    newShare = window == 0 ? 0 : min(1, Double(sketch.count(first: last)) / Double(window))
  }
}

/// A shard's record, known to be one.
private struct Shard {
  let name: String
  let record: RunRecord
  let index: UInt64
  let count: UInt64
  let sketch: ShardSketch
  /// The schedule that failed; the last that there can be if none did.
  var failure: UInt64 { sketch.failure ?? .max }

  init(_ name: String, _ record: RunRecord) throws(RecordMergeError) {
    guard let exploration = record.exploration, let shard = exploration.shard else {
      throw RecordMergeError("'\(name)' is not the record of a shard: run 'stress explore --shard i/n --json FILE'")
    }
    let parts = shard.split(separator: "/").compactMap { UInt64($0) }
    guard parts.count == 2, parts[0] >= 1, parts[0] <= parts[1] else {
      throw RecordMergeError("'\(name)': '\(shard)' is not the i-th of n shards")
    }
    guard let sketch = exploration.sketch.flatMap(ShardSketch.init(text:)) else {
      throw RecordMergeError("'\(name)': the sketch of its schedules is missing or damaged")
    }
    self.name = name
    self.record = record
    self.sketch = sketch
    (index, count) = (parts[0], parts[1])
  }

  func checkSameCampaign(_ other: Shard) throws(RecordMergeError) {
    guard let (what, own, its) = differences(other).first(where: { $0.1 != $0.2 }) else { return }
    throw RecordMergeError(
      "'\(name)' and '\(other.name)' are shards of two campaigns: \(what) is \(own) in one and \(its) in the other")
  }

  private func differences(_ other: Shard) -> [(String, String, String)] {
    func both(_ what: String, _ value: (Shard) -> String) -> (String, String, String) {
      (what, value(self), value(other))
    }
    return [
      both("the number of shards") { "\($0.count)" }, both("the seed") { $0.record.seed },
      both("the subject") { $0.record.kernel.map(\.named) ?? $0.record.subject },
      both("the protocol") { $0.record.protocol }, both("the mutant") { $0.record.mutant ?? "none" },
      both("the policy") { $0.record.policy }, both("the number of threads") { "\($0.record.threads)" },
      both("the number of operations") { "\($0.record.exploration?.operationsPerThread ?? 0)" },
      both("the scenario") { $0.record.exploration?.scenario ?? "" },
      both("the strategy") { $0.record.exploration?.strategy ?? "" },
      both("the number of schedules") { "\($0.sketch.length)" },
      both("the first schedule") { "\($0.sketch.firstSchedule)" },
    ]
  }
}
