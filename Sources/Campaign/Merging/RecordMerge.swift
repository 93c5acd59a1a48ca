import Records
/// Puts the records of a campaign's shards together: one record that says what a single run of the campaign would have
/// said, whatever the number of shards was.
///
/// Shards know nothing of each other. One that fails stops alone, so the others have run schedules that a single run
/// would not have come to: of failures the one with the lowest schedule number counts, and executions are counted up to
/// it. Outcomes, coverage and checks cannot be cut there, and are sums of all that ran.
import Scheduling

/// Why records are not those of one campaign: one line.
public struct RecordMergeError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// The shards of a campaign as one record.
///
/// Records come one after the other, and of each only what is small is kept: a shard may have left 20 MB of hashes, and
/// a campaign a thousand shards.
public struct RecordMerge {
  private var shards: [Shard] = []
  private var distinct = DistinctSketch()

  public init() {}

  /// - Parameters:
  ///   - record: of a shard; they may come in any order.
  ///   - name: what an error is to call it.
  public mutating func add(_ record: RunRecord, named name: String) throws(RecordMergeError) {
    let (shard, sketch) = try Shard.read(name, record)
    try shards.first?.checkSameCampaign(shard)
    if let twin = shards.first(where: { $0.index == shard.index }) {
      throw RecordMergeError("'\(twin.name)' and '\(name)' are both shard \(shard.index)/\(shard.count)")
    }
    shards.append(shard)
    distinct.formUnion(sketch.distinct)
  }

  /// - Parameter allowsMissing: shards may be missing; the record is then one of an interrupted campaign.
  public func whole(allowsMissing: Bool = false) throws(RecordMergeError) -> RunRecord {
    guard let first = shards.first else { throw RecordMergeError("there is no record to merge") }
    let missing = first.count - UInt64(shards.count)
    guard allowsMissing || missing == 0 else {
      throw RecordMergeError("\(missing) of the campaign's \(first.count) shards are missing")
    }
    return Self.sum(shards.sorted { $0.index < $1.index }, distinct, missing: missing)
  }

  private static func sum(_ shards: [Shard], _ distinct: DistinctSketch, missing: UInt64) -> RunRecord {
    var sketch = distinct
    let failing = shards.filter { $0.failure != nil }.min { $0.failing < $1.failing }
    if let failing { sketch.cut(at: failing.failing &+ 1) }

    var record = (failing ?? shards[0]).record
    let records = shards.map(\.record)
    let verdict: RunRecord.Verdict =
      records.contains { $0.verdict == .harnessFault } ? .harnessFault : failing != nil ? .violation : .clean
    record.verdict = verdict
    record.violations = failing?.record.violations ?? []
    record.harnessFaults = records.flatMap(\.harnessFaults)
    record.interrupted = missing > 0 || records.contains { $0.interrupted }
    let cut = records.reduce(0) { $0 &+ ($1.cut?.schedules ?? 0) }
    record.cut = cut == 0 ? nil : .init(schedules: cut)
    record.operations = records.reduce(0) { $0 &+ $1.operations }
    record.outcomes = RecordSums.outcomes(records)
    record.coverage = RecordSums.coverage(records)
    record.coverageWarnings = verdict == .clean ? RecordSums.coverageWarnings(records, record.coverage) : []
    record.checkers = RecordSums.checkers(records)
    record.timing = RecordSums.timing(records)
    record.code = CodeCoverage.sum(records.compactMap(\.code))
    let explorations = records.compactMap(\.exploration)
    let run = explorations.reduce(0) { $0 &+ $1.schedules }
    let schedules = failing.map { $0.failing &+ 1 } ?? run
    record.exploration?.schedules = schedules
    record.exploration?.schedulePoints = explorations.reduce(0) { $0 &+ $1.schedulePoints }
    record.exploration?.shard = nil
    record.exploration?.count(sketch, schedules)
    record.scope = scope(record, schedules, missing: missing, of: shards[0].count)
    return record
  }

  private static func scope(_ record: RunRecord, _ schedules: UInt64, missing: UInt64, of count: UInt64) -> String {
    let scope = ExploreRecordBuilder.scope(
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

/// A shard's record, known to be one, without the hashes.
private struct Shard {
  let name: String
  let record: RunRecord
  let index: UInt64
  let count: UInt64
  let length: UInt64
  let firstSchedule: UInt64
  /// The schedule that failed.
  let failure: UInt64?
  /// The same; the last that there can be if none did.
  var failing: UInt64 { failure ?? .max }

  static func read(_ name: String, _ record: RunRecord) throws(RecordMergeError) -> (Shard, ShardSketch) {
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
    var rest = record
    rest.exploration?.sketch = nil
    return (
      Shard(
        name: name, record: rest, index: parts[0], count: parts[1], length: sketch.length,
        firstSchedule: sketch.firstSchedule, failure: sketch.failure), sketch
    )
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
      both("the number of schedules") { "\($0.length)" },
      both("the first schedule") { "\($0.firstSchedule)" },
    ]
  }
}
