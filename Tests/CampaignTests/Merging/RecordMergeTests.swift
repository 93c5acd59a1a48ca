/// Shards put together again.
import Campaign
import Foundation
import Machine
import MirrorMMU
import Scheduling
import Testing

@Suite struct RecordMergeTests {
  /// The campaign run as one, and by so many shards.
  private func campaign(
    _ configuration: ExploreConfiguration, shards count: UInt64
  ) -> (whole: RunRecord, shards: [(name: String, record: RunRecord)]) {
    let whole = Explorations.run(configuration)
    let shards = (1...count).map { index in
      var part = configuration
      part.shard = .init(index: index, count: count)
      return (name: "shard-\(index).json", record: Explorations.run(part))
    }
    return (whole, shards)
  }

  private func merge(
    _ shards: [(name: String, record: RunRecord)], allowsMissing: Bool = false
  ) throws -> RunRecord {
    var merge = RecordMerge()
    for shard in shards { try merge.add(shard.record, named: shard.name) }
    return try merge.whole(allowsMissing: allowsMissing)
  }

  private func withoutTime(_ record: RunRecord) -> RunRecord {
    var record = record
    record.timing = .init(
      elapsedSeconds: 0, operationsPerSecond: 0, liveThreads: 0, latencies: [], peakResidentBytes: 0)
    return record
  }

  @Test(arguments: [1, 3, 8] as [UInt64]) func `a clean campaign's shards give the record of the whole`(
    count: UInt64
  ) throws {
    let configuration = ExploreConfiguration(length: .schedules(16 * 61 + 5), seed: 5)
    let (whole, shards) = campaign(configuration, shards: count)
    let merged = try merge(shards.reversed())
    #expect(withoutTime(merged) == withoutTime(whole))
  }

  @Test func `a campaign that begins later and has a scenario of its own is one, too`() throws {
    var configuration = ExploreConfiguration(scenario: .faultZap, length: .schedules(16 * 20), seed: 9)
    configuration.firstSchedule = 16 * 7
    let (whole, shards) = campaign(configuration, shards: 4)
    #expect(withoutTime(try merge(shards)) == withoutTime(whole))
  }

  @Test(arguments: [2, 8] as [UInt64]) func `of several failures the first counts, and schedules up to it`(
    count: UInt64
  ) throws {
    let configuration = ExploreConfiguration(
      length: .schedules(20_000), seed: 7, mutant: Mutant(rawValue: "lost-zap"), minimizes: false)
    let (whole, shards) = campaign(configuration, shards: count)
    #expect(whole.verdict == .violation)
    #expect(shards.count { $0.record.verdict == .violation } > 1)
    let merged = try merge(shards)
    #expect(merged.violations == whole.violations)
    #expect(merged.exploration == withPoints(whole.exploration, of: merged))
    #expect(merged.scope == whole.scope)
  }

  /// Points cannot be cut at the failure.
  private func withPoints(_ exploration: RunRecord.Exploration?, of record: RunRecord) -> RunRecord.Exploration? {
    var exploration = exploration
    exploration?.schedulePoints = record.exploration?.schedulePoints ?? 0
    return exploration
  }

  // MARK: What does not belong together

  private func message(_ body: () throws -> RunRecord) -> String {
    do {
      return "merged: \(try body().scope)"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a shard that is missing is an error, unless allowed`() throws {
    let (_, shards) = campaign(ExploreConfiguration(length: .schedules(64), seed: 5), shards: 3)
    #expect(message { try merge(Array(shards.dropLast())) } == "1 of the campaign's 3 shards are missing")
    let merged = try merge(Array(shards.dropLast()), allowsMissing: true)
    #expect(merged.interrupted)
    #expect(merged.scope.hasSuffix("; 1 of the campaign's 3 shards are missing"))
  }

  @Test func `a shard that comes twice is an error`() {
    let (_, shards) = campaign(ExploreConfiguration(length: .schedules(64), seed: 5), shards: 2)
    #expect(
      message { try merge(shards + shards.prefix(1)) }
        == "'shard-1.json' and 'shard-1.json' are both shard 1/2")
  }

  @Test func `shards of two campaigns are told apart by what differs`() {
    let (_, shards) = campaign(ExploreConfiguration(length: .schedules(64), seed: 5), shards: 2)
    let (_, others) = campaign(ExploreConfiguration(length: .schedules(80), seed: 5), shards: 2)
    let (_, seeds) = campaign(ExploreConfiguration(length: .schedules(64), seed: 6), shards: 2)
    #expect(
      message { try merge([shards[0], others[1]]) }.hasSuffix(
        "the number of schedules is 64 in one and 80 in the other"))
    #expect(message { try merge([shards[0], seeds[1]]) }.contains("the seed is 0x0000000000000005"))
  }

  @Test func `what is no shard is an error, and so is a sketch that is damaged`() {
    let (whole, shards) = campaign(ExploreConfiguration(length: .schedules(64), seed: 5), shards: 1)
    #expect(message { try merge([("a.json", whole)]) }.hasPrefix("'a.json' is not the record of a shard"))
    #expect(message { try merge([]) } == "there is no record to merge")
    let sketch = shards[0].record.exploration?.sketch ?? ""
    for damaged in ["", "AA", String(sketch.dropLast()), sketch + "A", "AQ" + sketch, sketch.uppercased()] {
      var record = shards[0].record
      record.exploration?.sketch = damaged
      let found = message { try merge([("a.json", record)]) }
      #expect(found == "'a.json': the sketch of its schedules is missing or damaged", "\(damaged.prefix(20))")
    }
  }
}
