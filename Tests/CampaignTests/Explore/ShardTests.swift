/// A campaign in parts.
import Campaign
import Machine
import Scheduling
import Testing

@Suite struct ShardTests {
  /// Everything that adds up.
  private func sums(_ records: [RunRecord]) -> [String: UInt64] {
    var sums: [String: UInt64] = [:]
    for record in records {
      sums["schedules", default: 0] += record.exploration?.schedules ?? 0
      sums["points", default: 0] += record.exploration?.schedulePoints ?? 0
      sums["operations", default: 0] += record.operations
      for row in record.outcomes { sums["\(row.operation) \(row.outcome)", default: 0] += row.count }
      for (name, count) in record.coverage { sums[name, default: 0] += count }
      for row in record.checkers { sums[row.checker, default: 0] += row.checks }
    }
    return sums
  }

  @Test(arguments: [nil, ScenarioName.micro]) func `n shards are the whole, each chunk once`(
    scenario: ScenarioName?
  ) {
    let count: UInt64 = scenario == .micro ? 1024 * 7 + 5 : 64 * 31 + 5
    var configuration = ExploreConfiguration(scenario: scenario, length: .schedules(count), seed: 5)
    let whole = Explorations.run(configuration)
    let shards = (1...3 as ClosedRange<UInt64>).map { index in
      configuration.shard = .init(index: index, count: 3)
      return Explorations.run(configuration)
    }
    #expect(sums(shards) == sums([whole]))
    #expect(shards.allSatisfy { ($0.exploration?.schedules ?? 0) > count / 4 })
    #expect(shards[1].exploration?.shard == "2/3")
  }

  @Test func `a chunk is the same whatever ran before it in the same world`() {
    var configuration = ExploreConfiguration(length: .schedules(16 * 12), seed: 21)
    let whole = Explorations.run(configuration)
    let chunks = (0..<12 as Range<UInt64>).map { chunk in
      configuration.firstSchedule = chunk * 16
      configuration.length = .schedules(16)
      return Explorations.run(configuration)
    }
    #expect(sums(chunks) == sums([whole]))
  }

  @Test func `a first schedule within an episode begins with that episode`() throws {
    var configuration = ExploreConfiguration(length: .schedules(16), seed: 21)
    configuration.firstSchedule = 128
    let one = Explorations.run(configuration)
    configuration.firstSchedule = 128 + 15
    #expect(try Runs.encoded(Explorations.run(configuration)) == Runs.encoded(one))
  }

  @Test func `numbers at the end of what fits are no trap`() {
    var configuration = ExploreConfiguration(length: .schedules(64), seed: 1)
    configuration.firstSchedule = .max
    let record = Explorations.run(configuration)
    #expect(record.verdict == .clean)
    configuration.shard = .init(index: .max, count: .max)
    #expect(Explorations.run(configuration).verdict == .clean)
  }
}
